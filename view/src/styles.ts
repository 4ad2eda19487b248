/** The styles, which all forms of a page share. */

const sheet = new CSSStyleSheet();

/**
 * Adds the styles to the page, or to the shadow root in which marimo shows a form.
 *
 * anywidget would set its `_css` again for each form, which would restyle the whole page.
 */
export function addStyles(el: Element, css: string) {
  const { adoptedStyleSheets: sheets = document.adoptedStyleSheets } = el.getRootNode() as Document;
  if (sheets.includes(sheet)) return;
  sheet.replaceSync(css);
  sheets.push(sheet);
}
