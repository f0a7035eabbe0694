import { z } from 'zod';

/** How one metric pack is read at the source: which of its candidate labels names whom there. */
export const binding = z.object({
  pack: z.string(),
  /** Name of the source that has it, where there are several. */
  source: z.string().optional(),
  /** Clusters of the services that this source has, where there are several sources and it is known. */
  clusters: z.array(z.string()).optional(),
  /** Label of the service. */
  service: z.string(),
  /** The part of that label's value that is the name, where it is not the whole: `$name` stands for it. */
  pattern: z.string().optional(),
  /** Labels that name callees there, the best first; left out where a pack's queries name the one that they read. */
  callees: z.array(z.string()).optional(),
  /** Label of the host. */
  host: z.string(),
  /** The service label also holds the namespace: `shop/payment`. */
  namespaced: z.boolean(),
  /** Matchers that keep to one cluster, and away from copies of the service's namespace: `cluster="eu-1"`. */
  where: z.array(z.string()).optional(),
});
export type Binding = z.infer<typeof binding>;

/** How the metrics of a scope are read; decided once, so that every pull of a diagnosis reads alike. */
export const reading = z.object({
  /** Most believed first. */
  packs: z.array(binding),
  /** Range of rates, seconds: enough scrapes to bear one that is missed. */
  rateWindowSeconds: z.number().positive(),
});
export type Reading = z.infer<typeof reading>;
