// The template as a thing to pull: by pointer, finger or keyboard.
(() => {
  const CONSTANTS = [0, 0.3, 1, 3, 10, 30]; // those of the spring ablation
  const FRAME = 1 / 60, PATIENCE = 20; // seconds
  const NEAR = 0.12; // of a finger to a point, in units of [-1, 1]: farther off it scrolls the page
  const root = document.getElementById("spring-root");
  const canvas = root.querySelector("canvas"), context = canvas.getContext("2d");
  const choice = root.querySelector("select"), slider = root.querySelector("input[type=range]");
  const says = root.querySelector("[data-says]"), said = root.querySelector("output");
  const atRest = root.querySelector("[role=status]"), calm = matchMedia("(prefers-reduced-motion: reduce)");
  let templates, template, springs, chosen = 0, moving = false;

  const place = (x, y) => [((x + 1) / 2) * canvas.width, ((y + 1) / 2) * canvas.height];

  function draw() {
    const { points, rest, edges } = springs;
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    glmkLive.drawLandmarks(context, template, rest, place, { width: 1.5, color: "#b8bcc4", dots: false });
    context.lineWidth = 4;
    context.lineCap = "round";
    springs.changes().forEach((change, k) => {
      const strain = Math.min(1, Math.abs(change));
      context.strokeStyle = `rgb(${30 + 200 * strain} ${90 + 10 * strain} ${214 - 190 * strain})`;
      context.beginPath();
      for (const i of edges[k]) context.lineTo(...place(points[2 * i], points[2 * i + 1]));
      context.stroke();
    });
    for (let i = 0; i < points.length / 2; i++) {
      context.beginPath();
      context.arc(...place(points[2 * i], points[2 * i + 1]), i === chosen ? 8 : 4, 0, 2 * Math.PI);
      context.fillStyle = i === springs.held ? "#b34d00" : "white";
      context.fill();
      context.lineWidth = i === chosen ? 3 : 1.5;
      context.strokeStyle = "#22262b";
      context.stroke();
    }
    const holds = springs.held === null ? "" : ", pulled";
    says.textContent = `Point ${template.names[chosen]}${holds}. Spring potential ${springs.energy().toFixed(4)}`;
    if (!moving) atRest.textContent = says.textContent; // read aloud once, and not in every frame
    canvas.dispatchEvent(new CustomEvent("spring:drawn"));
  }

  function go() {
    if (calm.matches) {
      for (let second = 0; second < PATIENCE && springs.run(1); second++);
      draw();
    } else if (!moving) {
      moving = true;
      requestAnimationFrame(tick);
    }
  }

  function tick() {
    moving = springs.run(FRAME);
    draw();
    if (moving) requestAnimationFrame(tick);
  }

  function letGo() {
    springs.held = null;
    go();
  }

  function begin() {
    template = templates[choice.value];
    const [form, constant] = springs ? [springs.form, springs.constant] : ["length", 1];
    springs = Object.assign(new glmkLive.Springs(template), { form, constant });
    chosen = 0;
    draw();
  }

  function at(event) {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * 2 - 1, ((event.clientY - box.top) / box.height) * 2 - 1];
  }

  function nearest([x, y]) {
    const away = template.points.map((_, i) => Math.hypot(springs.points[2 * i] - x, springs.points[2 * i + 1] - y));
    const least = Math.min(...away);
    return { index: away.indexOf(least), least };
  }

  canvas.addEventListener("touchstart", (event) => {
    if (nearest(at(event.changedTouches[0])).least < NEAR) event.preventDefault();
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    const { index, least } = nearest(at(event));
    if (event.pointerType === "touch" && least >= NEAR) return;
    chosen = index;
    springs.pull(chosen, ...at(event));
    canvas.setPointerCapture(event.pointerId);
    go();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    springs.pull(chosen, ...at(event));
    go();
  });
  for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, letGo);
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return; // the browser's own
    const key = event.key.toLowerCase();
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const count = template.points.length;
    if (way) {
      springs.pull(chosen, springs.points[2 * chosen] + 0.05 * way[0], springs.points[2 * chosen + 1] + 0.05 * way[1]);
      go();
    } else if (key === "n" || key === "p") {
      springs.held = null;
      chosen = (chosen + (key === "n" ? 1 : count - 1)) % count;
      draw();
      go();
    } else if (event.key === "Escape") letGo();
    else return;
    event.preventDefault();
  });
  choice.addEventListener("change", begin);
  slider.addEventListener("input", () => {
    springs.constant = CONSTANTS[slider.value];
    said.textContent = springs.constant;
    slider.setAttribute("aria-valuetext", `K is ${springs.constant}`);
    go();
  });
  for (const form of root.querySelectorAll("input[name=spring-form]")) {
    form.addEventListener("change", () => {
      springs.form = form.value;
      draw();
      go();
    });
  }
  root.querySelector("button").addEventListener("click", letGo);
  glmkLive.load("templates").then((given) => {
    templates = given;
    for (const name of Object.keys(templates)) choice.add(new Option(name, name));
    begin();
    root.hidden = false;
    root.dataset.ready = "";
    Object.defineProperty(glmkLive, "springs", { get: () => springs });
  });
})();
