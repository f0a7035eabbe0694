/** For a service, the bits of those of `marked` that lead to it: bit i of the words stands for the i-th of them. */
export type Ancestors = (service: number) => Uint32Array;

/**
 * Which of the `marked` services are, or call, directly or through others, each service. One walk over the strongly
 * connected components (Tarjan, SIAM Journal on Computing 1972), each of which takes over the bits of its callers:
 * time and memory are those of the graph times the words that the marks need, instead of a walk for each service.
 */
export function ancestorsAmong(marked: readonly number[], callers: readonly number[][]): Ancestors {
  const words = Math.max(1, Math.ceil(marked.length / 32));
  const count = callers.length;
  const own = new Map(marked.map((service, bit) => [service, bit]));
  const component = new Int32Array(count).fill(-1);
  const bits: Uint32Array[] = [];

  const visited = new Int32Array(count).fill(-1);
  const low = new Int32Array(count);
  const next = new Int32Array(count);
  /** Not yet in a component. */
  const open: number[] = [];
  const path: number[] = [];
  let clock = 0;
  const enter = (service: number): void => {
    visited[service] = low[service] = clock;
    clock += 1;
    open.push(service);
    path.push(service);
  };
  for (let start = 0; start < count; start += 1) {
    if (visited[start] === -1) enter(start);
    while (path.length > 0) {
      const here = path.at(-1)!;
      const caller = callers[here]![next[here]!];
      if (caller !== undefined) {
        next[here] = next[here]! + 1;
        if (visited[caller] === -1) enter(caller);
        else if (component[caller] === -1) low[here] = Math.min(low[here]!, visited[caller]!);
        continue;
      }
      path.pop();
      const before = path.at(-1);
      if (before !== undefined) low[before] = Math.min(low[before]!, low[here]!);
      if (low[here] === visited[here]) close(here);
    }
  }
  return (service) => bits[component[service]!]!;

  /** All components of its callers are complete by now. */
  function close(root: number): void {
    const members = open.splice(open.lastIndexOf(root));
    const set = new Uint32Array(words);
    for (const member of members) component[member] = bits.length;
    for (const member of members) {
      const bit = own.get(member);
      if (bit !== undefined) set[bit >>> 5] = set[bit >>> 5]! | (1 << (bit & 31));
      for (const caller of callers[member]!) {
        const theirs = bits[component[caller]!];
        // Members of the same component are gathered here themselves.
        if (theirs !== undefined) for (let at = 0; at < words; at += 1) set[at] = set[at]! | theirs[at]!;
      }
    }
    bits.push(set);
  }
}
