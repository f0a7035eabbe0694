import { z } from 'zod';
import { unixSeconds } from './anomaly.js';

/** Where a part of the graph was learnt: a configuration file, a metric pack, traces, a catalogue. */
export const provenance = z.object({ source: z.string(), seenAt: unixSeconds.nullable() });

/** `caller` sends requests to `callee`. */
export const callEdge = z.object({ caller: z.string(), callee: z.string(), learntFrom: provenance });
export type CallEdge = z.infer<typeof callEdge>;

/** `service` runs (also) on `host`: services of one host share its trouble. */
export const placement = z.object({ service: z.string(), host: z.string(), learntFrom: provenance });
export type Placement = z.infer<typeof placement>;

/** The services that are known, who calls whom, and what runs where. May be partial, or wrong. */
export const serviceGraph = z.object({
  services: z.array(z.string()),
  edges: z.array(callEdge),
  placements: z.array(placement),
  /** Services outside our own control (a payment provider): they can be a cause, not be checked. */
  external: z.array(z.string()),
});
export type ServiceGraph = z.infer<typeof serviceGraph>;
