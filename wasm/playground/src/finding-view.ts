// One finding in full: what is wrong, what to do, where else, and the buttons that do
// it. The same in a tooltip, below the list of problems and in the dialog of fixes.

import type { App } from "./app.ts";
import { inline } from "./markdown.ts";
import { type Child, h } from "./dom.ts";
import type { Finding, FixProposal } from "./engine/api.ts";
import type { Found } from "./findings.ts";

/** Text with its `code` as code. */
export function prose(text: string): Child[] {
  return inline(text).map((part) => {
    if (part.kind === "code") return h("code", {}, part.text);
    return "text" in part ? part.text : text;
  });
}

const APPLICABILITY: Record<FixProposal["applicability"], string> = {
  safe: "safe",
  unsafe: "look at it",
  manual: "a choice",
};

/** `done` is called when a button was used. */
export function findingView(app: App, { finding, index }: Found, done: () => void = () => {}): HTMLElement {
  const buttons = h("div", { class: "buttons" });
  const element = h(
    "div",
    { class: "finding" },
    h("p", { class: "message" }, h("span", { class: `pill ${finding.severity}` }, finding.severity), " ", ...prose(finding.message)),
    ...(finding.help == null ? [] : [h("p", { class: "help" }, ...prose(finding.help))]),
    ...(finding.related.length === 0
      ? []
      : [
          h(
            "ul",
            { class: "related" },
            ...finding.related.map((place) =>
              h(
                "li",
                {},
                h(
                  "button",
                  {
                    type: "button",
                    class: "link",
                    onclick: () => {
                      done();
                      app.open(place.path, place.range);
                    },
                  },
                  `${place.path}:${place.range.start.line}`,
                ),
                " ",
                ...prose(place.message),
              ),
            ),
          ),
        ]),
    buttons,
  );
  const rule = h(
    "a",
    {
      class: "rule-link",
      href: `rules/${finding.rule}.html`,
      onclick: (event) => {
        if (event instanceof MouseEvent && (event.ctrlKey || event.metaKey || event.shiftKey)) return;
        event.preventDefault();
        done();
        app.showRule(finding.rule);
      },
    },
    finding.rule,
  );
  const show = (complete: Finding): void => {
    buttons.replaceChildren(
      rule,
      ...complete.fixes.map((fix) =>
        h(
          "button",
          {
            type: "button",
            class: "fix",
            onclick: () => {
              done();
              app.applyFix(complete, fix);
            },
          },
          ...prose(fix.title),
          h("small", {}, ` ${APPLICABILITY[fix.applicability]}`),
        ),
      ),
      allowButton(app, finding, done),
    );
  };
  show(finding);
  // Some fixes take time to find, so they are looked for only now.
  app.engine.ask("complete", { path: finding.path, index }).then(
    (complete) => {
      if (complete !== null && complete.fingerprint === finding.fingerprint && !buttons.contains(document.activeElement)) {
        show(complete);
      }
    },
    () => {
      // An edit came in between; what is shown then is about to be replaced.
    },
  );
  return element;
}

function allowButton(app: App, finding: Finding, done: () => void): HTMLElement {
  return h(
    "button",
    {
      type: "button",
      class: "quiet",
      title: "Writes a comment that allows this finding here",
      onclick: () => {
        done();
        void app.allow(finding, "statement");
      },
    },
    "Allow here",
  );
}
