import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { EXIT } from '../../client/cli/exit-codes.js';
import { buildClientCommands, createProgram } from '../../client/cli/program.js';
import { readAlertmanager } from '../../client/intake/alertmanager/source.js';
import { anomaliesIn } from '../../client/intake/reading.js';
import { faultKind } from '../../model/diagnosis.js';
import { incidentState } from '../../model/incident.js';
import { symptomKind } from '../../model/anomaly.js';
import { fakeIncidents } from '../support/fake-incidents.js';
import { fakeTerminal } from '../support/terminal.js';
import { readingContext } from '../support/intake-rig.js';

function page(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
}

describe('the documentation', () => {
  const cli = page('cli.md');

  it('names every command and every option of the command line', () => {
    const deps = {
      stdout: fakeTerminal().stream,
      stderr: fakeTerminal().stream,
      env: {},
      user: 'ann',
      now: () => 0,
      loadSettings: () => Promise.reject(new Error('unused')),
      openIncidents: () => fakeIncidents(),
      render: { markdown: () => '', text: () => '' },
    };
    const program = createProgram(deps, '0');
    buildClientCommands(program, deps);
    assert.ok(program.commands.length >= 7);
    for (const command of program.commands) {
      const [, section = ''] = cli.split(`### \`faultline ${command.name()}`);
      assert.notEqual(section, '', `docs/cli.md has no section on ${command.name()}`);
      const own = section.split('\n### ')[0] ?? '';
      const common = ['--config <file>', '--json'];
      for (const { flags } of command.options) {
        const where = common.includes(flags) ? cli : own;
        assert.ok(where.includes(`\`${flags}\``), `${command.name()}: ${flags}`);
      }
    }
  });

  it('names every exit code and every word that an option takes', () => {
    for (const code of Object.values(EXIT)) assert.ok(cli.includes(`\n| ${code} | `), String(code));
    for (const word of [...symptomKind.options, ...faultKind.options, ...incidentState.options]) {
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
