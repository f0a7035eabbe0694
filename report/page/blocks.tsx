/** @jsxRuntime automatic @jsxImportSource preact */
import type { VNode } from 'preact';
import { plain, type Block, type Column, type FlowStep, type Section, type Text } from '../document.js';
import { Inline, withArrows } from './inline.js';

/** `Ruled out` is at `#ruled-out`. */
export function anchorOf(title: string): string {
  return title.toLowerCase().replace(/[^a-z]+/g, '-');
}

interface SectionProps {
  section: Section;
  /** Stands between the heading and the blocks. */
  children?: VNode | null | undefined;
  /** Its blocks are folded in until a reader or a link opens them. */
  isFolded?: boolean;
}

/** A section of the document with its heading. */
export function SectionView({ section, children, isFolded = false }: SectionProps): VNode {
  const { title, blocks } = section;
  const id = anchorOf(title);
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
      {isFolded ? (
        <details>
          <summary>Show {title.toLowerCase()}</summary>
          <Blocks blocks={blocks} />
        </details>
      ) : (
        <Blocks blocks={blocks} />
      )}
    </section>
  );
}

export function Blocks({ blocks }: { blocks: readonly Block[] }): VNode {
  return (
    <>
      {blocks.map((block, index) => (
        <BlockView key={index} block={block} />
      ))}
    </>
  );
}

function BlockView({ block }: { block: Block }): VNode {
  switch (block.kind) {
    case 'paragraph':
      return (
        <p>
          <Inline text={block.text} />
        </p>
      );
    case 'heading':
      return (
        <h3>
          <Inline text={block.text} />
        </h3>
      );
    case 'facts':
      return <Facts rows={block.rows} />;
    case 'list':
      return block.ordered ? (
        <ol>
          <Items items={block.items} />
        </ol>
      ) : (
        <ul>
          <Items items={block.items} />
        </ul>
      );
    case 'steps':
      return (
        <ol class="steps">
          {block.steps.map(({ words, command }, index) => (
            <li key={index}>
              <Inline text={words} />
              {command !== null && <Copyable text={command} />}
            </li>
          ))}
        </ol>
      );
    case 'table':
      return <Table columns={block.columns} rows={block.rows} />;
    case 'flow':
      return <Flow {...block} />;
    case 'queries':
      return (
        <div class="queries">
          {block.queries.map(({ ref, about, query }) => (
            <div key={ref} id={ref} class="query">
              <p>
                <strong>{ref}</strong> <Inline text={about} />
              </p>
              <Copyable text={query} />
            </div>
          ))}
        </div>
      );
  }
}

function Items({ items }: { items: readonly Text[] }): VNode {
  return (
    <>
      {items.map((item, index) => (
        <li key={index}>
          <Inline text={item} />
        </li>
      ))}
    </>
  );
}

function Facts({ rows }: { rows: readonly (readonly [string, Text])[] }): VNode {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <Inline text={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** A command or a query. It is selected as a whole; with scripts it gets a button of its own. */
export function Copyable({ text }: { text: string }): VNode {
  return (
    <pre class="copyable" tabindex={0}>
      <code>{text}</code>
    </pre>
  );
}

/** On a narrow screen each cell is a line of its own and says which column it is of. */
function Table({ columns, rows }: { columns: readonly Column[]; rows: readonly (readonly Text[])[] }): VNode {
  const shown = columns
    .map((column, index) => ({ column, index }))
    .filter(({ index }) => isUsed(rows, index));
  return (
    <table>
      <thead>
        <tr>
          {shown.map(({ column, index }) => (
            <th key={index} scope="col" class={classOf(column)}>
              {column.title === '' ? <span class="unseen">Kind</span> : withArrows(column.title)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, number) => (
          <tr key={number}>
            {shown.map(({ column, index }) => (
              <td
                key={index}
                class={cellClass(column, row[index] ?? [])}
                data-column={withArrows(column.title)}
              >
                <Inline text={row[index] ?? []} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function isUsed(rows: readonly (readonly Text[])[], index: number): boolean {
  return rows.some((row) => plain(row[index] ?? []) !== '');
}

/** Cells that are not broken: a time, a value, the number of a query. */
const SHORT = 24;

function cellClass(column: Column, words: Text): string | undefined {
  return classOf(column) ?? (plain(words).length <= SHORT ? 'short' : undefined);
}

function classOf({ align, grows }: Column): string | undefined {
  if (align === 'right') return 'number';
  return grows ? 'grows' : undefined;
}

function Flow({ steps, cause, affected }: Extract<Block, { kind: 'flow' }>): VNode {
  const marks = (name: string) => (name === cause ? ' (cause)' : name === affected ? ' (affected)' : '');
  return (
    <ol class="flow">
      {steps.map(({ from, to, label }: FlowStep, index) => (
        <li key={index}>
          <strong>{from}</strong>
          {marks(from)} → <strong>{to}</strong>
          {marks(to)}: {label}
        </li>
      ))}
    </ol>
  );
}
