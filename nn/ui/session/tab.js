// Reports when the tab is hidden, behind another one or in a pocket, and when it is shown again.
export default ({ setStateValue }) => {
  const report = () => setStateValue("hidden", document.hidden);
  document.addEventListener("visibilitychange", report);
  return () => document.removeEventListener("visibilitychange", report);
}
