  // Tables: sorted by a click on a heading, copied with one on a button.
  const MINUS = "\u2212", UNDEFINED = "\u2013";
  function value(text) {
    const plain = text.trim().replaceAll(MINUS, "-").replaceAll(",", "");
    if (plain === "" || plain === UNDEFINED) return null;
    if (/^\d{4}-\d{2}-\d{2}/.test(plain)) return plain;
    const found = /^\*?\s*[<>~]?\s*([+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?)/i.exec(plain);
    return found ? Number(found[1]) : plain.toLowerCase();
  }
  function compare(a, b, way) {
    // What is undefined comes last whichever way the others go.
    if (a === null || b === null) return (a === null) - (b === null);
    if (typeof a === typeof b) return way * (a < b ? -1 : a > b ? 1 : 0);
    return way * (typeof a === "number" ? -1 : 1);
  }
  function sort(table, column, head) {
    const way = head.getAttribute("aria-sort") === "ascending" ? -1 : 1, body = table.tBodies[0];
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", way > 0 ? "ascending" : "descending");
    const rows = Array.from(body.rows), free = rows.filter((row) => !row.classList.contains("total"));
    const held = free.map((row) => ({ row, value: value(row.cells[column].textContent) }));
    held.sort((a, b) => compare(a.value, b.value, way));
    body.append(...held.map((one) => one.row), ...rows.filter((row) => row.classList.contains("total")));
  }
  function cell(text) {
    const plain = text.trim().replaceAll(MINUS, "-").replace(/\s+/g, " ");
    // A spreadsheet takes what begins like this for a formula.
    return /^[=+@]/.test(plain) || (/^-/.test(plain) && !/^-[\d.]/.test(plain)) ? "'" + plain : plain;
  }
  async function copy(table, node) {
    const text = Array.from(table.rows, (row) => Array.from(row.cells, (one) => cell(one.textContent)).join("\t")).join("\n");
    table.dataset.copied = text;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = element("textarea");
      field.value = text;
      document.body.appendChild(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    node.textContent = "Copied";
    setTimeout(() => { node.textContent = "Copy"; }, 1500);
  }
  for (const holder of document.querySelectorAll(".table")) {
    const table = holder.querySelector("table"), heads = Array.from(table.tHead.rows[0].cells);
    const bar = element("div", "tools"), title = holder.previousElementSibling, name = holder.getAttribute("aria-label");
    const copying = button("Copy", () => copy(table, copying));
    copying.setAttribute("aria-label", "Copy: " + name);
    holder.before(bar);
    if (title && title.tagName === "H3") bar.append(title);
    bar.append(copying);
    if (table.tBodies[0].rows.length < 3 || heads.some((head) => !head.textContent.trim())) continue;
    heads.forEach((head, column) => {
      // No button element: a printed table repeats its heading on each page, but not the words of buttons.
      const sorter = element("span", "sorter");
      sorter.append(...head.childNodes);
      sorter.tabIndex = 0;
      sorter.setAttribute("role", "button");
      sorter.addEventListener("click", () => sort(table, column, head));
      sorter.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        sort(table, column, head);
      });
      head.replaceChildren(sorter);
    });
  }
  // The contents follow the reader.
  const links = new Map(Array.from(document.querySelectorAll(".contents a"), (link) => [link.hash.slice(1), link]));
  const seen = new Set();
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) entry.isIntersecting ? seen.add(entry.target.id) : seen.delete(entry.target.id);
    let current = null;
    for (const id of links.keys()) if (seen.has(id)) { current = id; break; }
    for (const [id, link] of links) id === current ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
  }, { rootMargin: "-10% 0px -60% 0px" });
  for (const id of links.keys()) watch.observe(document.getElementById(id));
