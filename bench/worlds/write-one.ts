import { makeCase } from './make-case.js';
import { randomOf } from './random.js';
import { SITUATIONS } from './situations.js';
import type { StyleName } from './styles.js';
import { writeCase } from './write.js';

/** A case as the pool hands it to a thread. */
export interface Task {
  folder: string;
  seed: number;
  id: string;
  style: StyleName;
  fault: string | null;
  situation: string;
}

/** Entry of a thread: draws one case and writes it. */
export default function writeOne({ folder, seed, id, style, fault, situation: name }: Task): void {
  const situation = SITUATIONS.find((one) => one.name === name)!;
  writeCase(folder, makeCase(randomOf(seed), { id, style, fault, situation }));
}
