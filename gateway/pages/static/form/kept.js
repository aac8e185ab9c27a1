// What was typed and is not saved yet, in this browser: for whoever typed it, until it is saved, and no longer than a week.
// Signing out empties it (the server's answer says so: Clear-Site-Data). IndexedDB, since a killed browser loses the last
// seconds of localStorage.
const STORE = "typed";
const LONGEST = 7 * 24 * 3600 * 1000;

let opening;

function database() {
  return (opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("beian", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  }));
}

async function within(mode, ask) {
  const transaction = (await database()).transaction(STORE, mode);
  const request = ask(transaction.objectStore(STORE));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

export const keep = (record) => within("readwrite", (store) => store.put(record));
export const drop = (key) => within("readwrite", (store) => store.delete(key));

// Every record whose key begins so; what is past its time goes first.
export async function beginning(prefix) {
  const all = await within("readonly", (store) => store.getAll());
  const old = all.filter((each) => each.at < Date.now() - LONGEST);
  for (const each of old) await drop(each.key);
  return all.filter((each) => !old.includes(each) && each.key.startsWith(prefix));
}
