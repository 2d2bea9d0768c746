// Runs in the head of every page, before the theme's scripts and the widgets'.
(() => {
  // The widgets' modules come in one file, yet look for their fonts beside the place that RequireJS names for each of them.
  const widgets = new URL("html-manager/", document.currentScript.src).href;
  const paths = { "@jupyter-widgets/html-manager/dist": widgets.slice(0, -1) };
  for (const name of ["html-manager", "base", "controls", "base7", "controls7"]) paths[`@jupyter-widgets/${name}`] = widgets + name;
  window.requirejs = { paths };

  // The widgets' texts ask MathJax to set them through the queue of its version 2; without one, each of them is an error.
  document.addEventListener("DOMContentLoaded", () => {
    const { startup } = window.MathJax ?? {};
    if (!startup) return;
    const set = (element) => (startup.promise = startup.promise.then(() => MathJax.typesetPromise([element])));
    MathJax.Hub = { Queue: ([, , element]) => set(element) };
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
