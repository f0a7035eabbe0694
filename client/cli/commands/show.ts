import { Option, type Command } from 'commander';
import { inSession, withCommonOptions, type CliDependencies, type CommonOptions } from '../context.js';
import { jsonDocument } from '../output.js';
import { textOf } from '../record-text.js';

type Format = 'text' | 'md' | 'json' | 'html';

export function registerShow(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('show'))
    .description('print what is known of an incident')
    .argument('<id>', 'id of the incident, or a beginning or end of it')
    .addOption(
      new Option('--format <format>', 'how to print it; --json is --format json')
        .choices(['text', 'md', 'json', ...(deps.render.html ? ['html'] : [])])
        .default('text')
        .conflicts('json'),
    )
    .action((id: string, options: CommonOptions & { format: Format }) =>
      inSession(deps, options, async (session) => {
        const record = await session.incidents.show(id);
        const page = options.format === 'html' ? await deps.render.html?.(record, session.settings) : '';
        session.answer(record, () => {
          switch (options.format) {
            case 'text':
              return textOf(record, session);
            case 'md':
              return deps.render.markdown(record).trimEnd();
            case 'json':
              return jsonDocument(record).trimEnd();
            case 'html':
              return page?.trimEnd() ?? '';
          }
        });
      }),
    );
}
