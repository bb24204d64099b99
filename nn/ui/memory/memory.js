// Keeps one file in this browser's IndexedDB: gives it to the page when the page asks, and replaces or deletes it.
const NAME = "nn-mnist", STORE = "yours", KEY = "file";
let answered = "", done = ""; // the last question that was answered, and the last order that was carried out

const opened = () => new Promise((resolve, reject) => {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  request.onsuccess = () => resolve(request.result);
  request.onerror = request.onblocked = () => reject(request.error);
});

// What a request to the store brings, once it is on the disk.
const ask = async (mode, request) => {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode), asked = request(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked.result);
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

export default ({ data, setStateValue, setTriggerValue }) => {
  const { question, order, file } = data;
  const fails = (error) => ({ trouble: String(error?.name ?? error) });
  if (question && question !== answered) {
    answered = question;
    ask("readonly", (store) => store.get(KEY))
      .then(async (bytes) => ({ file: bytes ? await asText(bytes) : "" }), fails)
      .then((found) => setTriggerValue("found", { question, ...found }));
  }
  if (order && order !== done) {
    done = order;
    ask("readwrite", (store) => (file ? store.put(asBytes(file), KEY) : store.delete(KEY)))
      .then(() => ({}), fails)
      .then((result) => setStateValue("carried", { order, ...result }));
  }
};
