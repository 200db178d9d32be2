"use strict";
// What is shown is said by the fragment, such as #unit=dev/foundation/vpc&action=destroy, so that it can be linked to.
const form = document.querySelector("form");
const count = document.getElementById("count");
const names = Array.from(form.querySelectorAll("select"), (it) => it.name);

function wanted() {
  const given = new URLSearchParams(location.hash.slice(1));
  return Object.fromEntries(names.map((name) => [name, given.get(name) || ""]));
}

function fits(element, chosen) {
  return names.every((name) => !chosen[name] || !(name in element.dataset) || element.dataset[name] === chosen[name]);
}

function show() {
  const chosen = wanted();
  let total = 0;
  let aside = 0;
  for (const section of document.querySelectorAll(".unit")) {
    const here = fits(section, chosen);
    const narrowed = names.some((name) => chosen[name] && !(name in section.dataset));
    let left = 0;
    for (const resource of section.querySelectorAll(".resource")) {
      const apart = "aside" in resource.dataset && !chosen[resource.dataset.aside];
      resource.hidden = apart || !fits(resource, chosen);
      left += resource.hidden ? 0 : 1;
      aside += here && apart && fits(resource, chosen) ? 1 : 0;
    }
    section.hidden = !here || (left === 0 && (narrowed || "aside" in section.dataset));
    total += section.hidden ? 0 : left;
  }
  for (const name of names) form.elements[name].value = chosen[name];
  count.textContent = `${total} ${count.dataset.counted} shown${aside ? `, ${aside} not: ${count.dataset.aside}` : ""}`;
}

form.addEventListener("change", () => {
  const picked = new URLSearchParams();
  for (const name of names) {
    if (form.elements[name].value) picked.set(name, form.elements[name].value);
  }
  location.hash = picked.toString();
});
window.addEventListener("hashchange", show);
form.hidden = false;
show();
