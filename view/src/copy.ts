/** Copying to the clipboard. */

/**
 * Copies a text and returns whether the clipboard has it.
 *
 * If the page isn't allowed to copy, the function shows the text, selected, after `button`.
 */
export async function copy(text: string, button: Element): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.readOnly = true;
    area.value = text;
    area.ariaLabel = "Text to copy";
    area.onblur = () => area.remove();
    button.after(area);
    area.select();
    return false;
  }
}
