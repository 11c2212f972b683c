(() => {
  const box = document.getElementById("filter");
  const rows = [...document.querySelectorAll("[data-k]")];
  const groups = [...document.querySelectorAll("details[data-g]")];
  const told = document.getElementById("told");
  const show = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = `${row.dataset.k} ${row.textContent}`.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    for (const group of groups) {
      group.hidden = !group.querySelector("[data-k]:not([hidden])");
      group.open = words.length > 0 && !group.hidden;
    }
    told.textContent = words.length ? `${shown} of ${rows.length} findings` : "";
  };
  box.addEventListener("input", show);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-f]");
    if (!link) return;
    box.value = link.dataset.f;
    show();
  });
  const open = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target?.tagName === "DETAILS") target.open = true;
  };
  addEventListener("hashchange", open);
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((it) => (it.open = true)));
  document.querySelector(".filter").hidden = false;
  open();
})();
