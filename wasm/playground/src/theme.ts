// Light, dark, or as the system has it.

const KEY = "nixamine-theme";
export type Theme = "system" | "light" | "dark";
const ORDER: readonly Theme[] = ["system", "light", "dark"];

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return ORDER.find((theme) => theme === value) ?? "system";
  } catch {
    // No storage: then it is forgotten with the page.
    return "system";
  }
}

function set(theme: Theme): void {
  document.documentElement.dataset["theme"] = theme;
}

set(stored());

/** Makes a button go through the themes. */
export function themeButton(button: HTMLElement): void {
  let theme = stored();
  const label = (): void => {
    button.textContent = `Theme: ${theme}`;
  };
  label();
  button.addEventListener("click", () => {
    theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length] ?? "system";
    set(theme);
    label();
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // As above.
    }
  });
}
