/*
 * The fixed lists of words of the model, as plain data: the schemas of the model are made of them, and the command line
 * offers them without loading a schema library.
 */

/** What looks wrong from outside, in the terms of the golden signals. */
export const SYMPTOM_KINDS = ['latency', 'errors', 'saturation', 'traffic', 'availability', 'other'] as const;

export const SEVERITIES = ['critical', 'warning', 'info'] as const;

export const FAULT_KINDS = [
  'cpu',
  'memory',
  'disk',
  'network',
  'dependency-down',
  'code-change',
  'configuration',
  'traffic-surge',
  'pool-saturation',
  'external-provider',
  'host',
  'start-failure',
  'scheduling',
  'probe',
  'quota',
  'routing',
  'certificate',
  'lock',
  'unknown',
] as const;

/** How good a diagnosis was, by what following it led to. */
export const FEEDBACK_GRADES = ['right', 'right-area', 'wrong', 'misleading'] as const;

/** How a grade is said of a diagnosis: `the diagnosis is ...`. */
export const GRADE_WORDS: Record<(typeof FEEDBACK_GRADES)[number], string> = {
  right: 'right',
  'right-area': 'in the right area',
  wrong: 'wrong',
  misleading: 'misleading',
};

export const CHANGE_KINDS = [
  'deploy',
  'config',
  'flag',
  'scaling',
  'infrastructure',
  'restart',
  'other',
] as const;
