import { z } from 'zod';
import { FEEDBACK_GRADES } from '../../model/choices.js';
import { faultKind } from '../../model/diagnosis.js';
import type { Acknowledgement, Cancellation, RerunRequest, FeedbackGiven } from '../../model/progress.js';
import { LIMITS, oneLine } from '../intake/bounds.js';

const NOTE_LENGTH = 2_000;

/** One line, as records hold it; `expected` completes `expected ...`. */
const line = (expected: string, length: number) =>
  z
    .string({ error: `expected ${expected}` })
    .transform((text) => oneLine(text, length))
    .refine((text) => text !== '', { error: `expected ${expected}` });

const by = line('who asks', LIMITS.name);
const note = z
  .string({ error: 'expected text' })
  .transform((text) => oneLine(text, NOTE_LENGTH))
  .default('');

/** A key that is not known is a mistake: a correction that is not read would be lost in silence. */
const body = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `expected no keys but ${Object.keys(shape).join(', ')} and found ${issue.keys.join(', ')}`
        : 'expected a JSON object',
  });

/** Bodies of what can be posted to an incident. */
export const acknowledgement: z.ZodType<Acknowledgement> = body({ by });

export const rerun: z.ZodType<RerunRequest> = body({ by });

export const cancellation: z.ZodType<Cancellation> = body({ by, reason: note });

export const feedback: z.ZodType<FeedbackGiven> = body({
  grade: z.enum(FEEDBACK_GRADES, { error: `expected ${FEEDBACK_GRADES.join(', ')}` }),
  service: line('the service where it began, or null', LIMITS.name)
    .nullish()
    .transform((name) => name ?? null),
  faultKind: z
    .enum(faultKind.options, { error: `expected ${faultKind.options.join(', ')} or null` })
    .nullish()
    .transform((kind) => kind ?? null),
  note,
  by,
});
