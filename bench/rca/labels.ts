import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { FaultKind } from '../../model/diagnosis.js';

const labelFile = z.object({
  root_cause_service: z.union([z.string(), z.array(z.string())]).nullish(),
  fault_type: z.string().nullish(),
  situation: z.string().nullish(),
  root_cause_commit: z.string().nullish(),
  decoy_deploy_commits: z.array(z.string()).nullish(),
});

/** The answer to a case. Only the scoring reads it. */
export interface Label {
  /** Any of these services counts as right; empty when the label names none. */
  services: string[];
  faultType: string;
  /** What makes the case hard, in a word or two. */
  situation: string;
  /** Fault kinds that count as right; empty when the fault type says nothing about it. */
  faultKinds: FaultKind[];
  /** The guilty commit, `none`, or null when the case is not about commits. */
  commit: string | null;
  /** Innocent commits that look guilty. */
  decoys: string[];
}

/** Reads label.json of a case; null when the case has none. Throws, with its path, when it has another form. */
export function readLabel(folder: string): Label | null {
  const path = join(folder, 'label.json');
  if (!existsSync(path)) return null;
  const { root_cause_service: service, fault_type: faultType, ...rest } = parseLabel(path);
  return {
    services: service == null ? [] : [service].flat(),
    faultType: faultType ?? 'unknown',
    situation: rest.situation ?? 'none named',
    faultKinds: kindsOf(faultType ?? ''),
    commit: rest.root_cause_commit ?? null,
    decoys: rest.decoy_deploy_commits ?? [],
  };
}

function parseLabel(path: string): z.infer<typeof labelFile> {
  try {
    return labelFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new Error(`${path} ${reason}`, { cause: error });
  }
}

/** Words of published fault lists, and the kinds of ours that they are. First match wins. */
const FAULT_WORDS: [RegExp, FaultKind[]][] = [
  [/no.?code.?cause|^$/iu, []],
  [/code.{0,4}or.{0,4}config/iu, ['code-change', 'configuration']],
  [/mis.?config|config|parameter|flag/iu, ['configuration']],
  [/provider|third.?party|external/iu, ['external-provider']],
  [/socket|conn(?:ection)?s?\b|pool|thread|descriptor/iu, ['pool-saturation']],
  // Who takes the CPU of a host from its neighbours is told by what it takes, or by whom from.
  [/neighbou?r/iu, ['host', 'cpu']],
  [/node|host/iu, ['host']],
  [/cpu/iu, ['cpu']],
  [/mem|oom|leak/iu, ['memory']],
  [/disk|\bio\b|storage|filesystem/iu, ['disk']],
  [/net|delay|loss|packet|latency|corrupt|partition|dns/iu, ['network']],
  [/traffic|surge|flood|load|request storm/iu, ['traffic-surge']],
  [/kill|crash|down|stop|unavailable|outage/iu, ['dependency-down']],
  [/exception|return|code|bug|regression|deploy|release|\bf[1-5]\b/iu, ['code-change']],
];

/** The fault kinds of ours that a published fault type stands for; none when it stands for no single one. */
export function kindsOf(faultType: string): FaultKind[] {
  return FAULT_WORDS.find(([words]) => words.test(faultType))?.[1] ?? [];
}
