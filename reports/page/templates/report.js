"use strict";
(function () {
  const NS = document.querySelector("svg")?.namespaceURI;
  const charts = [];

  function make(name, attributes, parent) {
    const node = document.createElementNS(NS, name);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    if (parent) parent.appendChild(node);
    return node;
  }
  function element(name, className, text) {
    const node = document.createElement(name);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  }
  function button(words, act) {
    const node = element("button", "", words);
    node.type = "button";
    node.addEventListener("click", act);
    return node;
  }
  // A colour of data as the style sheet has it on this page, light or dark.
  function colour(text) {
    return text ? `var(--c${text.slice(1)}, ${text})` : "var(--soft)";
  }
  function unpack(held) {
    if (!("n" in held)) return [];
    if (held.day) {
      let at = Date.parse(held.day);
      const day = (gap) => new Date((at += parseInt(gap, 36) * 864e5)).toISOString().slice(0, 10);
      return Array.from(held.g, (gap, k) => day(gap) + held.w[held.k ? parseInt(held.k[k], 36) : 0]);
    }
    const inner = held.t === undefined ? Array(held.n).fill("") : held.d ? held.t.split(held.d) : [].concat(held.t);
    return inner.map((part) => held.b + (held.m ? part.replaceAll("-", "\u2212") : part) + held.e);
  }

  function stretches(held) {
    return held.flatMap(([start, count]) => Array.from({ length: count }, (_, k) => start + k));
  }

  // One figure: its data, its drawings (wide and narrow), where the reader points, and what part of the days is shown.
  class Chart {
    constructor(node) {
      this.node = node;
      this.plot = node.querySelector(".plot");
      this.data = JSON.parse(document.getElementById(node.dataset.figure).textContent);
      this.places = this.data.x.map((x) => ({ at: x.v || stretches(x.r), head: unpack(x.h) }));
      this.series = this.data.s.map((s) => ({ ...s, y: this.heights(s), text: unpack(s.t), place: this.places[s.x] }));
      this.svgs = Array.from(this.plot.querySelectorAll("svg.figure"));
      this.views = new Map(this.svgs.map((svg) => [svg, this.view(svg)]));
      this.dated = Boolean(this.data.t) && this.series.some((s) => s.u);
      this.hidden = new Set();
      this.span = null;
      this.cursor = null;
      this.tip = element("div", "tip");
      this.tip.hidden = true;
      this.tip.setAttribute("role", "status");
      this.plot.appendChild(this.tip);
      this.tools();
      this.legend();
      this.listen();
    }
    // Told as steps from one to the next, in ten thousandths of the panel.
    heights(s) {
      const [low, high] = this.data.p[s.p].slice(4);
      let at = 0;
      return s.y.map((step) => (step === null ? null : low + ((high - low) * (at += step)) / 1e4));
    }
    view(svg) {
      const box = svg.viewBox.baseVal;
      const number = (rect, key) => Number(rect.getAttribute(key));
      const areas = Array.from(svg.querySelectorAll("rect.area"), (rect) => ({
        x: number(rect, "x"), y: number(rect, "y"), w: number(rect, "width"), h: number(rect, "height"),
      }));
      return { width: box.width, height: box.height, areas, marks: make("g", { class: "pointing" }, svg) };
    }
    shown() {
      return this.svgs.find((svg) => svg.getBoundingClientRect().width > 0) || this.svgs[0];
    }
    ends(panel) {
      const p = this.data.p[panel];
      return { x: this.span && this.dated ? this.span : [p[2], p[3]], y: [p[4], p[5]] };
    }
    px(view, panel, x, y) {
      const area = view.areas[panel], ends = this.ends(panel);
      return [
        area.x + ((x - ends.x[0]) / (ends.x[1] - ends.x[0])) * area.w,
        area.y + area.h - ((y - ends.y[0]) / (ends.y[1] - ends.y[0])) * area.h,
      ];
    }
    inside(x) {
      return !this.span || (x >= this.span[0] && x <= this.span[1]);
    }
    live() {
      return this.series.filter((s) => !this.hidden.has(String(s.k)));
    }

    // What stands at a pixel of a drawing: a place that lines share, or the nearest point.
    find(svg, px, py) {
      const view = this.views.get(svg);
      let best = null;
      for (const s of this.live()) {
        s.place.at.forEach((x, k) => {
          const y = s.y[k];
          if (x === null || y === null || !this.inside(x)) return;
          const [ax, ay] = this.px(view, s.p, x, y);
          const area = view.areas[s.p];
          const outside = px < area.x - 12 || px > area.x + area.w + 12 ? 4000 : 0;
          const away = s.u ? Math.abs(ax - px) + outside + Math.abs(ay - py) / 1000 : Math.hypot(ax - px, ay - py) + outside;
          if (!best || away < best.away) best = { away, s, k };
        });
      }
      return best;
    }
    group(found) {
      const x = found.s.place.at[found.k], axis = this.data.p[found.s.p][0];
      if (!found.s.u) return [found];
      const together = [];
      for (const s of this.live()) {
        if (!s.u || this.data.p[s.p][0] !== axis) continue;
        const k = s.place.at.indexOf(x);
        if (k >= 0 && s.y[k] !== null) together.push({ s, k });
      }
      return together.length ? together : [found];
    }
    point(found, pixel) {
      this.cursor = found;
      const members = this.group(found);
      for (const [svg, view] of this.views) this.mark(view, members);
      const lines = element("div");
      const head = found.s.place.head[found.k];
      if (head) lines.appendChild(element("span", "head", head));
      for (const { s, k } of members) {
        const row = element("div", "row"), name = element("span", "", s.n);
        if (s.c) {
          const key = element("span", "key");
          key.style.background = colour(s.c);
          name.prepend(key);
        }
        row.append(name, element("span", "value", s.text[k] || ""));
        lines.appendChild(row);
      }
      this.tip.replaceChildren(lines);
      this.tip.hidden = false;
      this.place(found, pixel);
      if (this.dated && found.s.u) for (const other of charts) if (other !== this) other.follow(head.slice(0, 10));
    }
    place(found, pixel) {
      const svg = this.shown(), view = this.views.get(svg), rect = svg.getBoundingClientRect(), scale = rect.width / view.width;
      const [x, y] = this.px(view, found.s.p, found.s.place.at[found.k], found.s.y[found.k]);
      const left = x * scale + 14, width = this.tip.offsetWidth;
      const fits = left + width < rect.width;
      this.tip.style.left = Math.max(0, fits ? left : x * scale - width - 14) + "px";
      const top = pixel ? pixel - 10 : y * scale;
      this.tip.style.top = Math.max(0, Math.min(top, rect.height - this.tip.offsetHeight)) + "px";
    }
    mark(view, members) {
      view.marks.replaceChildren();
      const crossed = new Set();
      for (const { s, k } of members) {
        const [x, y] = this.px(view, s.p, s.place.at[k], s.y[k]);
        if (s.u) {
          this.data.p.forEach((p, panel) => {
            if (p[0] !== this.data.p[s.p][0] || crossed.has(panel)) return;
            crossed.add(panel);
            const area = view.areas[panel];
            make("line", { class: "cross", x1: x, x2: x, y1: area.y, y2: area.y + area.h }, view.marks);
          });
        }
        make("circle", { class: "dot", cx: x, cy: y, r: 4, style: `fill:${colour(s.c)}` }, view.marks);
      }
    }
    follow(day) {
      if (!this.dated) return;
      for (const s of this.live()) {
        if (!s.u) continue;
        const k = s.place.head.findIndex((head) => head.slice(0, 10) === day);
        if (k < 0 || s.y[k] === null || !this.inside(s.place.at[k])) continue;
        const members = this.group({ s, k });
        for (const view of this.views.values()) this.mark(view, members);
        return;
      }
      this.leave(true);
    }
    leave(alone) {
      this.tip.hidden = true;
      for (const view of this.views.values()) view.marks.replaceChildren();
      if (!alone && this.dated) for (const other of charts) if (other !== this) other.leave(true);
    }

    listen() {
      let start = null, band = null;
      const at = (event) => {
        const svg = event.target.closest("svg.figure") || this.shown(), rect = svg.getBoundingClientRect();
        const scale = this.views.get(svg).width / rect.width;
        return { svg, x: (event.clientX - rect.left) * scale, y: (event.clientY - rect.top) * scale, top: event.clientY - rect.top };
      };
      this.plot.addEventListener("pointermove", (event) => {
        const { svg, x, y, top } = at(event);
        if (start && band) {
          band.setAttribute("x", Math.min(start.x, x));
          band.setAttribute("width", Math.abs(x - start.x));
          return;
        }
        const found = this.find(svg, x, y);
        if (found && (found.s.u ? found.away < 4000 : found.away < 40)) this.point(found, top);
        else this.leave();
      });
      this.plot.addEventListener("pointerleave", () => { if (!start) this.leave(); });
      this.plot.addEventListener("pointerdown", (event) => {
        if (!this.dated || event.pointerType === "touch" || event.button || event.target.closest(".lg")) return;
        start = at(event);
        const area = this.views.get(start.svg).areas[0], last = this.views.get(start.svg).areas.at(-1);
        band = make("rect", { class: "band", x: start.x, y: area.y, width: 0, height: last.y + last.h - area.y }, start.svg);
        this.plot.setPointerCapture(event.pointerId);
        event.preventDefault();
        this.plot.focus();
      });
      const end = (event) => {
        if (!start) return;
        const stop = at({ ...event, target: start.svg, clientX: event.clientX, clientY: event.clientY });
        band.remove();
        if (event.type === "pointerup" && Math.abs(stop.x - start.x) > 8) this.zoom(start.svg, start.x, stop.x);
        start = band = null;
      };
      this.plot.addEventListener("pointerup", end);
      this.plot.addEventListener("pointercancel", end);
      this.plot.addEventListener("keydown", (event) => this.key(event));
      this.plot.addEventListener("blur", () => this.leave());
    }
    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape" || event.key === "0") {
        this.leave();
        zoomAll(null);
        return;
      }
      const by = { "+": 0.5, "=": 0.5, "-": 2, "_": 2 }[event.key];
      const along = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (this.dated && (by || (along && event.shiftKey)) && !event.target.closest("button, .lg")) {
        event.preventDefault();
        this.zoomBy(by || 1, along && !by ? along : 0);
        return;
      }
      const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
      if (step === undefined || event.target.closest("button, .lg")) return;
      const list = this.walk();
      if (!list.length) return;
      event.preventDefault();
      let k = this.cursor ? list.findIndex((one) => one.s === this.cursor.s && one.k === this.cursor.k) : -1;
      k = Number.isFinite(step) ? k + step : step < 0 ? 0 : list.length - 1;
      this.point(list[Math.max(0, Math.min(list.length - 1, k))]);
    }
    walk() {
      const lines = this.live().filter((s) => s.u);
      const chosen = lines.length ? [lines.reduce((a, b) => (b.place.at.length > a.place.at.length ? b : a))] : this.live();
      return chosen.flatMap((s) => s.place.at.flatMap((x, k) => (x === null || s.y[k] === null || !this.inside(x) ? [] : [{ s, k }])));
    }

    // Zoom: days are shared over figures, each of which knows where a day lies on its own axis.
    zoom(svg, from, to) {
      const area = this.views.get(svg).areas[0], ends = this.ends(0).x;
      const units = [from, to].map((x) => ends[0] + ((x - area.x) / area.w) * (ends[1] - ends[0])).sort((a, b) => a - b);
      const days = this.days().filter((one) => one.at >= units[0] && one.at <= units[1]);
      if (days.length > 2) zoomAll([days[0].day, days.at(-1).day]);
    }
    // By the keyboard: a part of the days that are shown, around where the reader points, or the days beside them.
    zoomBy(factor, along) {
      const days = this.days().filter((one, k, all) => !k || one.day !== all[k - 1].day);
      const place = (at) => days.reduce((best, one, k) => (Math.abs(one.at - at) < Math.abs(days[best].at - at) ? k : best), 0);
      const [from, to] = this.span ? this.span.map(place) : [0, days.length - 1];
      const at = this.cursor && this.inside(this.cursor.s.place.at[this.cursor.k]) ? place(this.cursor.s.place.at[this.cursor.k]) : (from + to) / 2;
      const count = Math.max(2, Math.round((to - from) * factor));
      if (count >= days.length - 1) return zoomAll(null);
      const step = along * Math.max(1, Math.round((to - from) / 4));
      const start = along ? from + step : Math.round(at - count / 2);
      const least = along || factor > 1 ? 0 : from, most = along || factor > 1 ? days.length - 1 : to;
      const first = Math.max(least, Math.min(most - count, start));
      zoomAll([days[first].day, days[first + count].day]);
    }
    days() {
      return this.places.flatMap((place) => place.at.map((at, k) => ({ at, day: place.head[k].slice(0, 10) })))
        .filter((one) => /^\d{4}-/.test(one.day)).sort((a, b) => a.at - b.at);
    }
    show(span) {
      if (!this.dated) return;
      const within = span ? this.days().filter((one) => one.day >= span[0] && one.day <= span[1]) : [];
      const own = within.length > 2 ? [within[0].at, within.at(-1).at] : null;
      this.span = null;
      for (const [svg, view] of this.views) this.move(svg, view, own);
      this.span = own;
      this.reset.hidden = !own;
      this.leave(true);
    }
    move(svg, view, own) {
      const area = view.areas[0], p = this.data.p[0];
      const at = (x) => area.x + ((x - p[2]) / (p[3] - p[2])) * area.w;
      const factor = own ? area.w / (at(own[1]) - at(own[0])) : 1, shift = own ? area.x - at(own[0]) * factor : 0;
      for (const node of svg.querySelectorAll(".zs")) {
        if (own) node.setAttribute("transform", `matrix(${factor} 0 0 1 ${shift} 0)`);
        else node.removeAttribute("transform");
      }
      for (const node of svg.querySelectorAll(".mk > *, .mv")) {
        node.removeAttribute("transform");
        node.style.display = "";
        if (!own) continue;
        const box = node.getBBox(), middle = box.x + box.width / 2, to = middle * factor + shift;
        if (to < area.x - 1 || to > area.x + area.w + 1) node.style.display = "none";
        else node.setAttribute("transform", `translate(${to - middle} 0)`);
      }
      for (const node of svg.querySelectorAll(".ax, .gx")) node.style.display = own ? "none" : "";
      svg.querySelector(".newax")?.remove();
      if (own) this.ticks(svg, view, own);
    }
    ticks(svg, view, own) {
      const days = this.days().filter((one) => one.at >= own[0] && one.at <= own[1]);
      const group = make("g", { class: "newax" }, svg), area = view.areas[0], base = view.areas.at(-1);
      const count = Math.max(2, Math.min(6, Math.floor(area.w / 90), days.length));
      for (let k = 0; k < count; k += 1) {
        const one = days[Math.round((k * (days.length - 1)) / (count - 1))];
        const x = area.x + ((one.at - own[0]) / (own[1] - own[0])) * area.w;
        const text = make("text", { class: "ft", x, y: base.y + base.h + 19, "font-size": 12, "text-anchor": k === 0 ? "start" : k === count - 1 ? "end" : "middle" }, group);
        text.textContent = one.day;
      }
    }

    legend() {
      for (const svg of this.svgs) {
        for (const entry of svg.querySelectorAll(".lg")) {
          entry.setAttribute("tabindex", "0");
          entry.setAttribute("role", "button");
          entry.setAttribute("aria-pressed", "true");
          entry.setAttribute("aria-label", "Show " + entry.textContent);
          entry.addEventListener("click", () => this.toggle(entry.dataset.k));
          entry.addEventListener("keydown", (event) => {
            if (event.key !== "Enter" && event.key !== " ") return;
            event.preventDefault();
            this.toggle(entry.dataset.k);
          });
          svg.setAttribute("role", "group");
        }
      }
    }
    toggle(names) {
      const off = !this.hidden.has(names.split(" ")[0]);
      for (const name of names.split(" ")) off ? this.hidden.add(name) : this.hidden.delete(name);
      for (const svg of this.svgs) {
        for (const node of svg.querySelectorAll(".tr")) node.style.display = this.hidden.has(node.dataset.k) ? "none" : "";
        for (const entry of svg.querySelectorAll(".lg")) {
          entry.setAttribute("aria-pressed", String(!entry.dataset.k.split(" ").every((name) => this.hidden.has(name))));
        }
      }
      this.leave();
    }

    tools() {
      if (this.dated) this.plot.setAttribute("aria-keyshortcuts", "+ - 0 Shift+ArrowLeft Shift+ArrowRight");
      const bar = element("div", "tools"), name = this.node.dataset.figure.replace("figure-", "");
      this.reset = button("Reset zoom", () => { zoomAll(null); this.plot.focus(); });
      this.reset.hidden = true;
      bar.append(this.reset, button("PNG", () => this.png(name)), button("SVG", () => save(`${name}.svg`, new Blob([this.source()], { type: "image/svg+xml" }))));
      for (const one of bar.children) one.setAttribute("aria-label", `${one.textContent}: ${name}`);
      this.node.insertBefore(bar, this.plot);
    }
    source() {
      const copy = this.svgs[0].cloneNode(true);
      copy.querySelector(".pointing")?.remove();
      return new XMLSerializer().serializeToString(copy);
    }
    png(name) {
      const view = this.views.get(this.svgs[0]), image = new Image();
      image.onload = () => {
        const canvas = element("canvas");
        canvas.width = 2 * view.width;
        canvas.height = 2 * view.height;
        const pen = canvas.getContext("2d");
        pen.fillStyle = "#ffffff";
        pen.fillRect(0, 0, canvas.width, canvas.height);
        pen.drawImage(image, 0, 0, canvas.width, canvas.height);
        canvas.toBlob((blob) => save(`${name}.png`, blob));
      };
      image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(this.source());
    }
  }

  function save(name, blob) {
    const link = element("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
  function zoomAll(span) {
    for (const chart of charts) chart.show(span);
  }
  for (const node of document.querySelectorAll("[data-figure]")) charts.push(new Chart(node));
  document.documentElement.dataset.charts = String(charts.length);
  //TABLES
})();
