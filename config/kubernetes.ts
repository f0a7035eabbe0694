import { z } from 'zod';
import { filePath } from './primitives.js';

const kubernetesSource = z.strictObject({
  name: z.string().min(1),
  /** @default what the pod or the user's own kubeconfig says */
  kubeconfig: filePath.optional(),
  context: z.string().min(1).optional(),
});
export type KubernetesConfig = z.infer<typeof kubernetesSource>;

/** Clusters whose objects and events are read. */
export const kubernetes = z.array(kubernetesSource).default([]);
