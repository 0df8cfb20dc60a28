// Ids of artifacts: what is the same artifact, what takes the place of another, and what is refused.

import { RunArtifacts } from '../../../src/activities/run-artifacts';
import { SkillError } from '../../../src/activities/skill';
import { PARTIAL_ARTIFACT_URI } from '../../../src/workflows/task';
import { keptOutlet } from './outlet';

const parts = [{ text: 'x' }];
const named = (name: string) => ({ name, parts });

describe('two streams with one id', () => {
  test('are the same stream while it is open', async () => {
    const outlet = keptOutlet();
    const artifacts = new RunArtifacts();
    await artifacts.open({ artifactId: 'log', name: 'log.txt' }, outlet).append('one');
    await artifacts.open({ artifactId: 'log' }, outlet).append('two');
    expect(outlet.said.map(({ append }) => append)).toEqual([false, true]);
  });

  test.each([
    { field: 'name', other: { name: 'other.txt' } },
    { field: 'mediaType', other: { mediaType: 'text/html' } },
    { field: 'metadata', other: { metadata: { n: 2 } } },
  ])('with another $field are refused', ({ field, other }) => {
    const artifacts = new RunArtifacts();
    const options = { artifactId: 'log', name: 'log.txt', metadata: { n: 1 } };
    artifacts.open(options, keptOutlet());
    const again = (): unknown => artifacts.open({ ...options, ...other }, keptOutlet());
    expect(again).toThrow(SkillError);
    expect(again).toThrow(new RegExp(`"log" is open with another ${field}`));
  });

  test('are two when the first is finalized: the second begins the artifact anew', async () => {
    const outlet = keptOutlet();
    const artifacts = new RunArtifacts();
    await artifacts.open({ artifactId: 'log' }, outlet).finalize('one');
    await artifacts.open({ artifactId: 'log' }, outlet).finalize('two');
    expect(outlet.said.map(({ append }) => append)).toEqual([false, false]);
  });

  test('without one have each their own', () => {
    const artifacts = new RunArtifacts();
    const ids = [1, 2].map(() => artifacts.open({ name: 'log' }, keptOutlet()).artifactId);
    expect(ids).toEqual(['artifact-1', 'artifact-2']);
  });
});

test('a stream that is open is not replaced by a whole artifact', () => {
  const artifacts = new RunArtifacts();
  artifacts.open({ artifactId: 'log' }, keptOutlet());
  const save = (): unknown => artifacts.whole({ artifactId: 'log', parts });
  expect(save).toThrow('"log" is open as a stream');
});

describe('a partial artifact', () => {
  const idsOf = (artifacts: RunArtifacts, names: readonly string[]): readonly string[] =>
    artifacts.result(names.map(named)).map((said) => ('artifactId' in said ? said.artifactId : ''));

  test('is complete, and marked beside its own metadata', () => {
    const said = new RunArtifacts().partial({ ...named('a.json'), metadata: { n: 1 } });
    expect(said).toMatchObject({ append: false, last: true, parts });
    expect(said.metadata).toEqual({ n: 1, [PARTIAL_ARTIFACT_URI]: { partial: true } });
  });

  test('has the id of the artifact of the result with its name, which is not marked', () => {
    const artifacts = new RunArtifacts();
    const { artifactId } = artifacts.partial(named('a.json'));
    const [result] = artifacts.result([named('a.json')]);
    expect(result).toMatchObject({ artifactId });
    expect(result).not.toHaveProperty('metadata');
  });

  test('gives its own id to it', () => {
    const artifacts = new RunArtifacts();
    artifacts.partial({ ...named('a.json'), artifactId: 'mine' });
    expect(idsOf(artifacts, ['a.json'])).toEqual(['mine']);
  });

  test('is known to a run that did not send it again', () => {
    const { artifactId } = new RunArtifacts().partial(named('a.json'));
    expect(idsOf(new RunArtifacts(), ['a.json'])).toEqual([artifactId]);
  });

  test('takes the place of an earlier one with its name', () => {
    const artifacts = new RunArtifacts();
    const ids = [1, 2].map(() => artifacts.partial(named('a.json')).artifactId);
    expect(new Set(ids).size).toBe(1);
  });

  test('has an id that is short enough, however long its name is', () => {
    const ids = ['a', 'b'].map((last) => {
      return new RunArtifacts().partial(named('n'.repeat(1_000) + last)).artifactId;
    });
    expect(ids.every((id) => id.length <= 256)).toBe(true);
    expect(new Set(ids).size).toBe(2);
  });
});

describe('the artifacts of a result', () => {
  const idsOf = (result: Parameters<RunArtifacts['result']>[0]): readonly string[] =>
    new RunArtifacts().result(result).map((said) => ('artifactId' in said ? said.artifactId : ''));

  test('with one name are as many artifacts', () => {
    expect(new Set(idsOf([named('a'), named('a'), named('a')])).size).toBe(3);
  });

  test('without a name have an id by their place', () => {
    expect(idsOf([named('a'), { parts }])).toEqual(['name:a', 'result-2']);
  });

  test('never take an id that another one was given', () => {
    const ids = idsOf([named('a'), { ...named('b'), artifactId: 'name:a' }]);
    expect(ids).toEqual(['result-1', 'name:a']);
  });
});
