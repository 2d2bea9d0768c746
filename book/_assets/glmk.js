// Runs in the head of every page, before the theme's scripts and the widgets'.
(() => {
  // The widgets' modules come in one file, yet look for their fonts beside the place that RequireJS names for each of them.
  const { src } = document.currentScript;
  const widgets = new URL("html-manager/", src).href;
  const paths = { "@jupyter-widgets/html-manager/dist": widgets.slice(0, -1) };
  for (const name of ["html-manager", "base", "controls", "base7", "controls7"]) paths[`@jupyter-widgets/${name}`] = widgets + name;
  window.requirejs = { paths };

  // MathJax takes longer to start than any other script of a page, so it comes once the page answers its reader, and only where
  // there is something to set. It then sets a few formulas at a time, so as not to hold the page up.
  const pause = () => new Promise((done) => setTimeout(done));
  const setFormulas = async () => {
    for (const formulas = [...document.querySelectorAll(".math")]; formulas.length; await pause()) {
      await MathJax.typesetPromise(formulas.splice(0, 10));
    }
  };
  // The widgets' texts ask MathJax to set them through the queue of its version 2; without one, each of them is an error.
  let begin;
  let work = new Promise((done) => (begin = done));
  const Hub = { Queue: ([, , element]) => (work = work.then(() => MathJax.typesetPromise([element]))) };
  const pageReady = async () => {
    MathJax.Hub = Hub;
    await setFormulas();
    begin();
  };
  window.MathJax = { ...window.MathJax, Hub, startup: { pageReady } };
  document.addEventListener("DOMContentLoaded", () => {
    const asked = document.querySelector('.math, script[type="application/vnd.jupyter.widget-view+json"]');
    if (MathJax.version) { // the book as one page, which is printed, brings it along
      MathJax.Hub = Hub;
      MathJax.startup.promise.then(begin);
    } else if (asked) {
      const script = document.createElement("script");
      script.src = new URL("mathjax/tex-mml-chtml.js", src).href;
      document.head.append(script);
    }
  });

  // Paper is white whatever the screen shows.
  let shown;
  addEventListener("beforeprint", () => {
    shown = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light";
  });
  addEventListener("afterprint", () => (document.documentElement.dataset.theme = shown));

  // The widgets' controls have their names beside them, or are drawings alone: say them to those who hear a page, too.
  const drawn = { play: "Play", pause: "Pause", stop: "Stop", retweet: "Repeat" };
  const beside = (control) => control.closest(".widget-inline-hbox")?.querySelector(".widget-label")?.textContent.trim();
  const name = (output) => {
    for (const control of output.querySelectorAll(".noUi-handle, input[type=color]")) {
      control.setAttribute("aria-label", beside(control) || (control.type ? "Colour" : "Slider"));
    }
    for (const button of output.querySelectorAll("button.jupyter-button:has(i)")) {
      const kind = Object.keys(drawn).find((kind) => button.querySelector(`.fa-${kind}`));
      if (kind && !button.textContent.trim()) button.setAttribute("aria-label", drawn[kind]);
    }
    for (const picture of output.querySelectorAll("img.widget-image:not([alt])")) {
      picture.alt = "The picture that the controls beside it change";
    }
  };
  document.addEventListener("DOMContentLoaded", () => {
    for (const output of document.querySelectorAll(".cell_output")) {
      const seen = new MutationObserver(() => name(output));
      seen.observe(output, { childList: true, subtree: true, attributes: true, attributeFilter: ["class"] });
    }
  });
})();
