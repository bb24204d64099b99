// Takes a teacher's secret out of the address and gives it to the page. It stands after "#", which a browser doesn't send:
// the requests of a page carry its address.
export default ({ setTriggerValue }) => {
  const take = () => {
    const secret = new URLSearchParams(location.hash.slice(1)).get("teacher");
    if (!secret) return;
    history.replaceState(history.state, "", location.pathname + location.search);
    setTriggerValue("secret", secret);
  };
  take();
  addEventListener("hashchange", take);
  return () => removeEventListener("hashchange", take);
};
