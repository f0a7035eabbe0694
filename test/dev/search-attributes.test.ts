import assert from 'node:assert/strict';
import type { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { SEARCH_ATTRIBUTES } from '../../model/messages.js';
import { readSearchAttributes, registerSearchAttributes } from '../../workers/dev/search-attributes.js';
import { testServer, uniqueName } from '../support/dev-server.js';

const { IndexedValueType } = proto.temporal.api.enums.v1;
const NAMES = Object.keys(SEARCH_ATTRIBUTES);

describe('registering search attributes in a namespace', () => {
  let connection: Connection;

  before(async function () {
    this.timeout(200_000);
    connection = (await testServer()).connection;
  });

  /** As an operator makes one: nothing of Faultline's is there. */
  async function bareNamespace(): Promise<string> {
    const namespace = uniqueName('bare');
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
    return namespace;
  }

  it('adds all of them once, and nothing the second time', async () => {
    const namespace = await bareNamespace();
    assert.deepEqual(await registerSearchAttributes(connection, namespace), NAMES);
    const after = await readSearchAttributes(connection, namespace);
    assert.deepEqual(after, { present: NAMES, missing: [], conflicts: [] });
    assert.deepEqual(await registerSearchAttributes(connection, namespace), []);
  });

  it('adds only what is missing', async () => {
    const namespace = await bareNamespace();
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: { FaultlineService: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD },
    });
    const added = await registerSearchAttributes(connection, namespace);
    assert.deepEqual(
      added,
      NAMES.filter((name) => name !== 'FaultlineService'),
    );
  });

  it('names the attribute that has another type, and changes nothing', async () => {
    const namespace = await bareNamespace();
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: { FaultlineConfidence: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD },
    });
    await assert.rejects(
      registerSearchAttributes(connection, namespace),
      /wrong type: FaultlineConfidence is Keyword, expected Double\. Remove or rename/,
    );
    assert.equal((await readSearchAttributes(connection, namespace)).present.length, 0);
  });

  it('says how to create a namespace that is not there', async () => {
    await assert.rejects(
      registerSearchAttributes(connection, 'not-there'),
      /Namespace 'not-there' does not exist\. Create it: temporal operator namespace create -n not-there/,
    );
  });
});
