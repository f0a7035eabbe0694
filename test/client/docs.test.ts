import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { EXIT } from '../../client/cli/exit-codes.js';
import { readAlertmanager } from '../../client/intake/alertmanager/source.js';
import { anomaliesIn } from '../../client/intake/reading.js';
import { readingContext } from '../support/intake-rig.js';
import { LISTED_STATES } from '../../client/cli/commands/list.js';
import { FAULT_KINDS, SEVERITIES, SYMPTOM_KINDS } from '../../model/choices.js';
import { faultlineProgram } from '../../workers/cli/all-commands.js';
import { commandsOf } from '../../workers/cli/completion-command.js';
import { AREAS } from '../../workers/doctor/finding.js';
import { cliDependencies } from '../support/cli.js';

function page(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
}

describe('the documentation', () => {
  const cli = page('cli.md');

  it('names every command and every option of the command line', () => {
    const program = faultlineProgram(cliDependencies().deps, '0');
    for (const { path, command } of commandsOf(program)) {
      const [, section = ''] = cli.split(`### \`faultline ${path}`);
      assert.notEqual(section, '', `docs/cli.md has no section on ${path}`);
      const own = section.split('\n### ')[0] ?? '';
      const common = ['--config <file>', '--json', '--quiet', '--no-color'];
      for (const { flags } of command.options) {
        const where = common.includes(flags) ? cli : own;
        assert.ok(where.includes(`\`${flags}\``), `${path}: ${flags}`);
      }
    }
  });

  it('names every exit code and every word that an option takes', () => {
    for (const code of Object.values(EXIT)) assert.ok(cli.includes(`\n| ${code} | `), String(code));
    for (const word of [...SYMPTOM_KINDS, ...FAULT_KINDS, ...SEVERITIES, ...LISTED_STATES, ...AREAS]) {
      assert.ok(cli.includes(`\`${word}\``), word);
    }
  });

  it('shows a post that the receiver takes', () => {
    const [, command = ''] = page('alertmanager.md').split("-d '");
    const body = command
      .slice(0, command.indexOf("}'") + 1)
      .replace(/'"\$\(date [^"]*\)"'/, '2026-11-24T10:42:50Z');
    const [one] = anomaliesIn(readAlertmanager({ body: JSON.parse(body) as unknown }), readingContext());
    assert.equal(one?.service, 'checkout');
    assert.equal(one.symptom, 'latency');
  });
});
