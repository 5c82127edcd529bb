import { TranslationBundle } from '@jupyterlab/translation';
import { ReadonlyJSONObject } from '@lumino/coreutils';

/** The JSON schema of a command that takes an experiment's key. */
export function keyArgument(trans: TranslationBundle, more: ReadonlyJSONObject = {}): ReadonlyJSONObject {
  return {
    type: 'object',
    properties: {
      key: { type: 'string', description: trans.__('The key of the experiment; asked for when it is left out') },
      ...more
    }
  };
}
