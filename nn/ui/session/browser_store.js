// Keeps files in this browser's IndexedDB: gives them to the page when it asks, and replaces or deletes them.
const DATABASE = "nn-mnist", STORE = "yours";
let asked = "", done = ""; // the last question, and the last order that was carried out
let looked = Promise.resolve(false); // whether there was something to answer to that question

const opened = () => new Promise((resolve, reject) => {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  request.onsuccess = () => resolve(request.result);
  request.onerror = request.onblocked = () => reject(request.error);
});

// Do something with the store; resolves to the results of the requests, an object, once all of it is on the disk.
const use = async (mode, requests) => {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode), pending = requests(transaction.objectStore(STORE));
      transaction.oncomplete = () =>
        resolve(Object.fromEntries(Object.entries(pending).map(([name, request]) => [name, request.result])));
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
};

const asText = (bytes) => new Promise((resolve) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result.split(",")[1] ?? "");
  reader.readAsDataURL(new Blob([bytes]));
});

const asBytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

const read = async (most) => {
  const kept = await use("readonly", (store) => ({ trainings: store.get("trainings"), drawings: store.get("drawings") }));
  const files = {};
  for (const [name, bytes] of Object.entries(kept)) if (bytes) files[name] = await asText(bytes);
  const letters = Object.values(files).reduce((sum, text) => sum + text.length, 0);
  return letters > most ? { files: {}, too_large: true } : { files }; // the server takes no larger message
};

const write = (files) => use("readwrite", (store) =>
  Object.fromEntries(Object.entries(files).map(([name, file]) => [name, store.put(asBytes(file), name)])));

// When a tab starts over, this browser's other tabs do so too: they would store their work again.
const others = new BroadcastChannel("nn-start-over");
others.onmessage = ({ data }) => location.replace(data);

// The strokes on the canvas, as text, are for this tab alone, and only until it is closed.
const withStrokes = (act) => { try { return act(sessionStorage) ?? ""; } catch { return ""; /* there is no storage */ } };
const readStrokes = () => withStrokes((storage) => storage.getItem("nn-strokes"));
const writeStrokes = (strokes) => withStrokes((storage) => storage.setItem("nn-strokes", strokes));

// Deletes everything that this page has in the browser: the files, the secrets of classes, and its notes.
const erase = async () => {
  for (const cookie of document.cookie.split("; ").filter((cookie) => cookie.startsWith("class_"))) {
    const nothing = `${cookie.split("=")[0]}=; path=/; max-age=0`;
    document.cookie = nothing;
    document.cookie = `${nothing}; samesite=none; secure; partitioned`;
  }
  withStrokes((storage) => { storage.removeItem("nn-strokes"); localStorage.removeItem("nn-looked"); });
  const has = await opened().then((database) => { database.close(); return true; }, () => false); // is there a storage?
  if (has) await use("readwrite", (store) => ({ all: store.clear() }));
};

// Streamlit hides these from the page.
const withEmbedding = (address) => {
  const next = new URL(address, location.href);
  for (const [key, value] of new URLSearchParams(location.search))
    if (["embed", "embed_options"].includes(key)) next.searchParams.append(key, value);
  return next.href;
};

// In this tab's history, the addresses before have another person's settings and class.
if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") {
  const address = withStrokes((storage) => storage.getItem("nn-started-over"));
  if (address) location.replace(address);
}

export default ({ data, setStateValue, setTriggerValue }) => {
  const { question, order, next_address, files, most, strokes } = data;
  const fails = (error) => ({ trouble: String(error?.name ?? error) });
  if (question && question !== asked) {
    asked = question;
    const before = readStrokes();
    looked = read(most).catch(fails).then((found) => {
      const something = Boolean(found.trouble || found.too_large) || Object.keys(found.files).length > 0;
      if (something || before) setTriggerValue("found", { question, strokes: before, ...found });
      return something;
    });
  } else writeStrokes(strokes);
  if (order) looked.then((something) => {
    if (order === done || (something && question)) return; // the page must load the stored files first
    done = order;
    const reply = (result) => setStateValue("carried", { order, ...result });
    if (!next_address) return write(files).then(() => ({}), fails).then(reply);
    const address = withEmbedding(next_address);
    others.postMessage(address);
    return erase().then(() => {
      withStrokes((storage) => storage.setItem("nn-started-over", address));
      location.replace(address);
    }, (error) => reply(fails(error)));
  });
};
