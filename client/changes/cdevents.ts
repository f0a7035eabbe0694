import { z } from 'zod';
import type { ReportedChange } from '../../model/change.js';
import { readBody } from '../intake/malformed.js';
import { anyText, someText } from '../intake/shapes.js';
import { changeOf } from './hook.js';

/** `dev.cdevents.service.deployed.0.2.0`: what was done with the service. */
const TYPE = /^dev\.cdevents\.service\.(deployed|upgraded|rolledback|removed)\.\d/;

const WORDS: Record<string, string> = {
  deployed: 'deployed',
  upgraded: 'upgraded',
  rolledback: 'rolled back',
  removed: 'removed',
};

const data = z.object(
  {
    subject: z.object(
      {
        id: someText,
        content: z
          .object({ environment: z.object({ id: anyText }).nullish().catch(null), artifactId: anyText })
          .nullish()
          .catch(null),
      },
      { error: 'expected the subject of a CDEvent' },
    ),
  },
  { error: 'expected the data of a CDEvent, a JSON object' },
);

/**
 * Changes of services told as CDEvents (cdevents.dev); none for CDEvents about anything else; null for other events.
 *
 * @throws MalformedPayload
 */
export function readCdEvent(
  type: string,
  body: unknown,
  { id, source, time }: { id: string; source: string; time: number },
): ReportedChange[] | null {
  if (!type.startsWith('dev.cdevents.')) return null;
  const [, did] = TYPE.exec(type) ?? [];
  if (did === undefined) return [];
  const { subject } = readBody(data, body, ['data']);
  const { artifactId, environment } = subject.content ?? {};
  const place = environment?.id === undefined ? '' : ` in ${environment.id}`;
  const what = artifactId === undefined ? '' : `: ${artifactId}`;
  const title = `${subject.id} ${WORDS[did]}${place}${what}`;
  return [changeOf({ id, source, time, kind: 'deploy', service: subject.id, title })];
}
