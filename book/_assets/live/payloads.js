// What the page needs comes as scripts that call `glmkLive.give`: a page opened from a disk may load scripts, but no files.
window.glmkLive = (() => {
  const folder = new URL(".", document.currentScript.src).href;
  const given = new Map();
  const asked = new Map();

  function give(name, payload) {
    given.set(name, payload);
  }

  /**
   * The payload `name`, for example "model"; its script is loaded if it has not been. Rejects with an error that is `unloaded`
   * where that fails, and the next call tries again.
   */
  function load(name) {
    if (!asked.has(name)) {
      asked.set(name, new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = `${folder}${name}.js`;
        const fail = (what) => {
          asked.delete(name);
          script.remove();
          reject(Object.assign(new Error(`${name}.js ${what}`), { unloaded: true }));
        };
        script.onload = () => (given.has(name) ? resolve(given.get(name)) : fail("is damaged"));
        script.onerror = () => fail("could not be loaded; look at the connection, and try again");
        document.head.append(script);
      }));
    }
    return asked.get(name);
  }

  /** Base64 as bytes. */
  function bytes(text) {
    const binary = atob(text);
    const made = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) made[i] = binary.charCodeAt(i);
    return made;
  }

  return { folder, give, load, bytes };
})();
