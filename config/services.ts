import { z } from 'zod';

/** Texts of one service; a catalogue of more belongs elsewhere. */
const MOST_SPELLINGS = 100;

const aliases = z
  .record(z.string().min(1).max(120), z.array(z.string().min(1).max(200)).max(MOST_SPELLINGS))
  .superRefine((table, context) => {
    const owners = new Map(Object.keys(table).map((name) => [name.toLowerCase(), name]));
    for (const [name, spellings] of Object.entries(table)) {
      spellings.forEach((spelling, i) => {
        const owner = owners.get(spelling.toLowerCase()) ?? name;
        owners.set(spelling.toLowerCase(), owner);
        if (owner === name) return;
        const message = `expected a text that means ${name} alone, ${spelling} means ${owner} as well`;
        context.addIssue({ code: 'custom', path: [name, i], message });
      });
    }
  });

/** How services are called. */
export const services = z
  .strictObject({
    /**
     * Other ways in which alerts and metrics write a service, by the name that they get: `payment: [Payments
     * Platform]`. Letter case does not count. A name with an empty list is a service of its own, although it looks like
     * another.
     */
    aliases: aliases.default({}),
  })
  .prefault({});
