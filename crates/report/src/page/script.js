"use strict";
(() => {
  const $ = (s, root = document) => root.querySelector(s);
  const $$ = (s, root = document) => [...root.querySelectorAll(s)];
  const data = JSON.parse($("#data").textContent);

  // Numbers as everywhere in ravine: four significant digits.
  const number = v => {
    if (typeof v !== "number") return v === null || v === undefined ? "–" : String(v);
    if (v === 0) return "0";
    if (Number.isInteger(v) && Math.abs(v) < 1e7) return String(v);
    const a = Math.abs(v);
    const text = a < 1e-4 || a >= 1e7 ? v.toExponential(3) : String(Number(v.toPrecision(4)));
    return text.replace(/\.?0+e/, "e").replace("e+", "e");
  };

  // Light, dark, or as the system says.
  const theme = $("#theme"), themes = ["auto", "light", "dark"];
  const stored = () => { try { return localStorage.getItem("ravine-theme") || "auto"; } catch { return "auto"; } };
  const paint = name => {
    if (name === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    theme.textContent = "Theme: " + name;
  };
  let current = stored();
  theme.hidden = false;
  paint(current);
  theme.onclick = () => {
    current = themes[(themes.indexOf(current) + 1) % themes.length];
    try { localStorage.setItem("ravine-theme", current); } catch { /* a page without storage forgets */ }
    paint(current);
  };

  for (const button of $$("[data-copy]")) {
    button.hidden = !navigator.clipboard;
    button.onclick = async () => {
      await navigator.clipboard.writeText($("#" + button.dataset.copy).textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    };
  }

  // Pointing at a trial lights it up in every chart and in the table.
  const marks = new Map();
  for (const mark of $$("[data-t]")) {
    const t = mark.dataset.t;
    if (!marks.has(t)) marks.set(t, []);
    marks.get(t).push(mark);
  }
  let hot = null, pinned = null;
  const light = t => {
    if (t === hot) return;
    for (const mark of marks.get(hot) || []) mark.classList.remove("hot");
    for (const mark of marks.get(t) || []) mark.classList.add("hot");
    for (const group of $$(".lines")) group.classList.toggle("focus", t !== null && (marks.get(t) || []).some(m => group.contains(m)));
    hot = t;
  };

  const tip = $("#tip");
  const row = (list, name, value, cls) => {
    const dt = document.createElement("dt"), dd = document.createElement("dd");
    dt.textContent = name; dd.textContent = value; dd.className = cls || "";
    list.append(dt, dd);
  };
  const show = (t, x, y) => {
    const trial = data.r[t];
    if (!trial) { tip.hidden = true; return; }
    const [state, values, params] = trial;
    const title = document.createElement("b"), list = document.createElement("dl");
    title.textContent = "Trial " + t;
    data.o.forEach((name, k) => { if (k < values.length) row(list, name, number(values[k]), "y"); });
    params.map((v, k) => [data.p[k], v]).filter(([, v]) => v !== null).slice(0, 16).forEach(([n, v]) => row(list, n, number(v)));
    tip.replaceChildren(title, " · " + state, list);
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const left = x + 18 + box.width > innerWidth ? x - box.width - 14 : x + 18;
    tip.style.transform = `translate(${Math.max(4, left)}px,${Math.max(4, Math.min(y + 14, innerHeight - box.height - 6))}px)`;
  };
  const leave = () => { tip.hidden = true; light(pinned); };

  // The nearest dot counts: nobody can hit two pixels.
  for (const svg of $$("figure svg")) {
    let dots = null;
    svg.addEventListener("pointermove", e => {
      let t = e.target.dataset && e.target.dataset.t;
      if (!t) {
        if (!dots) dots = $$("circle[data-t]", svg).map(c => [+c.getAttribute("cx"), +c.getAttribute("cy"), c.dataset.t]);
        const m = svg.getScreenCTM();
        if (!m) return;
        const x = (e.clientX - m.e) / m.a, y = (e.clientY - m.f) / m.d, reach = 14 / m.a;
        let near = reach * reach;
        for (const [cx, cy, id] of dots) {
          const d = (cx - x) ** 2 + (cy - y) ** 2;
          if (d < near) { near = d; t = id; }
        }
      }
      if (t) { light(t); show(t, e.clientX, e.clientY); } else leave();
    });
    svg.addEventListener("pointerleave", leave);
    svg.addEventListener("click", () => { if (!svg.dataset.brushed) pinned = hot === pinned ? null : hot; });
  }

  // Brushing parallel coordinates: a range on each axis, all of them must hold.
  for (const svg of $$("figure svg")) {
    const axes = $$(".coord", svg);
    if (!axes.length) continue;
    const places = axes.map(a => +a.dataset.x), lines = $$(".lines path", svg), ranges = new Map();
    const crossings = lines.map(l => l.dataset.y.split(",").map(Number));
    const local = e => { const m = svg.getScreenCTM(); return [(e.clientX - m.e) / m.a, (e.clientY - m.f) / m.d]; };
    const apply = () => lines.forEach((line, i) => {
      line.classList.toggle("off", [...ranges].some(([k, r]) => crossings[i][k] < r.low || crossings[i][k] > r.high));
    });
    let drag = null;
    svg.addEventListener("pointerdown", e => {
      const [x, y] = local(e);
      const k = places.findIndex(p => Math.abs(p - x) < 14);
      delete svg.dataset.brushed;
      if (k < 0) return;
      if (ranges.has(k)) { ranges.get(k).rect.remove(); ranges.delete(k); apply(); }
      const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      rect.setAttribute("class", "brush");
      rect.setAttribute("x", places[k] - 7);
      rect.setAttribute("width", 14);
      axes[k].append(rect);
      drag = { k, y, rect };
      svg.setPointerCapture(e.pointerId);
      e.preventDefault();
    });
    svg.addEventListener("pointermove", e => {
      if (!drag) return;
      const y = local(e)[1], low = Math.min(y, drag.y), high = Math.max(y, drag.y);
      drag.rect.setAttribute("y", low);
      drag.rect.setAttribute("height", high - low);
      if (high - low < 4) return;
      svg.dataset.brushed = "1";
      ranges.set(drag.k, { low, high, rect: drag.rect });
      apply();
    });
    const drop = () => { if (drag && !ranges.has(drag.k)) drag.rect.remove(); drag = null; };
    svg.addEventListener("pointerup", drop);
    svg.addEventListener("pointercancel", drop);
  }

  // The table: sort, filter, find.
  const table = $("#table");
  if (!table) return;
  const body = table.tBodies[0], heads = $$("th", table), trs = [...body.rows];
  const column = k => {
    const o = data.o.length, p = data.p.length;
    return tr => {
      const trial = data.r[tr.dataset.t] || ["", [], [], null];
      if (k === 0) return +tr.dataset.t;
      if (k === 1) return trial[0];
      if (k < 2 + o) return trial[1][k - 2];
      if (k < 2 + o + p) return trial[2][k - 2 - o];
      return trial[3];
    };
  };
  // Missing and not-finite values go last, whichever way.
  const missing = v => v === null || v === undefined || v === "nan" || v === "inf" || v === "-inf";
  heads.forEach((th, k) => {
    $("button", th).onclick = () => {
      const up = th.getAttribute("aria-sort") !== "ascending", value = column(k);
      heads.forEach(h => h.setAttribute("aria-sort", "none"));
      th.setAttribute("aria-sort", up ? "ascending" : "descending");
      const keyed = trs.map(tr => [value(tr), tr]);
      keyed.sort(([a], [b]) => {
        if (missing(a) || missing(b)) return missing(a) - missing(b);
        const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
        return up ? order : -order;
      });
      body.append(...keyed.map(([, tr]) => tr));
    };
  });
  const names = ["#", "state", ...data.o, ...data.p, "seconds"];
  const tests = {
    "<": (a, b) => a < b, ">": (a, b) => a > b, "<=": (a, b) => a <= b, ">=": (a, b) => a >= b, "=": (a, b) => a == b, "!=": (a, b) => a != b,
  };
  const term = word => {
    const found = word.match(/^(.+?)(<=|>=|!=|<|>|=)(.+)$/), k = found ? names.indexOf(found[1]) : -1;
    if (k < 0) { const low = word.toLowerCase(); return tr => tr.textContent.toLowerCase().includes(low); }
    const value = column(k), wanted = isNaN(found[3]) ? found[3] : +found[3], test = tests[found[2]];
    return tr => { const v = value(tr); return v !== null && v !== undefined && test(v, wanted); };
  };
  const count = $("#count");
  $("#filter").oninput = e => {
    const terms = e.target.value.split(/\s+/).filter(Boolean).map(term);
    let shown = 0;
    for (const tr of trs) {
      const keep = terms.every(t => t(tr));
      tr.hidden = !keep;
      shown += keep;
    }
    count.textContent = shown === trs.length ? `${shown} trials` : `${shown} of ${trs.length} trials`;
  };
  body.addEventListener("click", e => {
    const tr = e.target.closest("tr");
    if (!tr) return;
    pinned = pinned === tr.dataset.t ? null : tr.dataset.t;
    light(pinned);
  });
})();
