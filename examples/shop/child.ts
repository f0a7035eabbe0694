/**
 * For a child of the shop: it ends with its parent, however that one ends, and leaves the decision about Ctrl-C
 * to it.
 */
export function livesWithParent(): void {
  const leave = (): never => process.exit(0);
  process.on('SIGINT', () => undefined);
  process.on('disconnect', leave);
  // The parent may have died while this program was loading, before anybody listened.
  if (!process.connected) leave();
}
