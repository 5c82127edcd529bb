import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Phase, Version } from '../api/types';
import { share } from '../models/numbers';
import { when } from '../models/times';

interface IVersions {
  versions: ReadonlyArray<Version>;
  trans: TranslationBundle;
  onRestore: (version: number) => void;
}

/** Every state of the definition: who made it, when and why, and what changed. */
export function Versions({ versions, trans, onRestore }: IVersions): JSX.Element {
  return (
    <ol className="jp-expkit-cards" aria-label={trans.__('Versions')}>
      {versions.map((version, index) => (
        <li key={version.version} className="jp-expkit-card">
          <div className="jp-expkit-card-head">
            <h4>
              {trans.__('Version %1', version.version)}
              {index === 0 && <small> {trans.__('current')}</small>}
            </h4>
            {index > 0 && (
              <button
                className="jp-expkit-button jp-expkit-mod-small"
                aria-label={trans.__('Restore version %1', version.version)}
                onClick={() => onRestore(version.version)}
              >
                {trans.__('Restore')}
              </button>
            )}
          </div>
          <p className="jp-expkit-faint">
            {version.author} {'\u00b7'} <time dateTime={version.at}>{when(version.at)}</time>
          </p>
          {version.reason && <p>{version.reason}</p>}
          <Changes changes={version.changes} trans={trans} />
        </li>
      ))}
    </ol>
  );
}

/** What a version changed: `coverage: 0.1 → 0.5`, before and after told apart by signs. */
export function Changes({ changes, trans }: { changes: ReadonlyArray<string>; trans: TranslationBundle }): JSX.Element | null {
  if (changes.length === 0) {
    return null;
  }
  return (
    <ul className="jp-expkit-diff" aria-label={trans.__('Changes')}>
      {changes.map(change => {
        const [, path, before, after] = /^(.*?): (.*) \u2192 (.*)$/s.exec(change) ?? ['', change, '', ''];
        return (
          <li key={change}>
            <code>{path}</code> {before && <del>{before}</del>} {after && <ins>{after}</ins>}
          </li>
        );
      })}
    </ul>
  );
}

/** Which allocation held when. */
export function Phases({ phases, trans }: { phases: ReadonlyArray<Phase>; trans: TranslationBundle }): JSX.Element | null {
  if (phases.length === 0) {
    return null;
  }
  const title = trans.__('Traffic phases');
  return (
    <div className="jp-expkit-scroll" tabIndex={0} role="region" aria-label={title}>
      <table className="jp-expkit-table">
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">{trans.__('Phase')}</th>
            <th scope="col">{trans.__('From')}</th>
            <th scope="col">{trans.__('To')}</th>
            <th scope="col" className="jp-expkit-number">{trans.__('Coverage')}</th>
            <th scope="col">{trans.__('Shares')}</th>
          </tr>
        </thead>
        <tbody>
          {phases.map(phase => (
            <tr key={phase.phase}>
              <th scope="row">{phase.phase}</th>
              <td>{when(phase.started_at)}</td>
              <td>{when(phase.ended_at) || trans.__('now')}</td>
              <td className="jp-expkit-number">{share(phase.coverage)}</td>
              <td>
                {Object.entries(phase.shares)
                  .map(([key, part]) => `${key} ${share(part)}`)
                  .join(', ')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
