/** For a page's title: a screen reader says where one has come to, and the keyboard goes on from there. */
export function takeFocus(node: HTMLElement): void {
  node.tabIndex = -1;
  node.focus({ preventScroll: true });
}
