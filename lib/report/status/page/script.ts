/**
 * What the page runs in a browser: the search over routes, and the warning that the page has become old. Without it the page
 * says the same.
 * @module
 */

/** The program. */
export const SCRIPT = `"use strict";
const by = (id) => document.getElementById(id);
const groups = [...document.querySelectorAll("details.group")].map((group) => ({
  group,
  host: group.querySelector("h3").textContent,
  wasOpen: group.open,
  routes: [...group.querySelectorAll("tbody.route")].map((route) => ({ route, text: undefined })),
}));
const find = () => {
  const words = by("words").value.toLowerCase().split(/\\s+/).filter((word) => word !== "");
  const isAny = words.length > 0 || by("bad").checked;
  let shown = 0;
  let all = 0;
  for (const { group, host, wasOpen, routes } of groups) {
    let here = 0;
    for (const one of routes) {
      if (words.length > 0) one.text ??= (host + " " + one.route.textContent).toLowerCase();
      const fits = words.every((word) => one.text.includes(word)) && !(by("bad").checked && one.route.dataset.level === "ok");
      one.route.hidden = !fits;
      if (fits) here++;
    }
    group.hidden = here === 0;
    group.open = isAny ? here > 0 : wasOpen;
    shown += here;
    all += routes.length;
  }
  by("found").textContent = isAny ? shown + " of " + all + " routes" : "";
};
by("find").hidden = false;
by("find").addEventListener("submit", (event) => event.preventDefault());
by("find").addEventListener("input", find);
find();
const tell = () => {
  const minutes = Math.floor((Date.now() - Date.parse(by("made").dateTime)) / 60000);
  by("old").hidden = minutes < 60;
  by("age").textContent = minutes < 2880 ? Math.floor(minutes / 60) + " h" : Math.floor(minutes / 1440) + " days";
};
tell();
setInterval(tell, 60000);
`;

/** What the policy of the page allows to run: the digest of {@linkcode SCRIPT}. A test holds both together. */
export const SCRIPT_DIGEST = "sha256-KYn2P2tcSJ1ItCmr7wEEj/6up3D8EafwljZRMBStfPU=";
