import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Problem } from '../api/problem';

interface INotice {
  title: string;
  children?: React.ReactNode;
  role?: 'status' | 'alert';
}

/** A panel that says what is the matter and what to do. */
export function Notice({ title, children, role }: INotice): JSX.Element {
  return (
    <section className="jp-expkit-notice" role={role}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

interface IProblem {
  problem: Problem;
  trans: TranslationBundle;
  onRetry: () => void;
}

/** What went wrong, the hint that came along, and another try. */
export function ProblemNotice({ problem, trans, onRetry }: IProblem): JSX.Element {
  if (problem.isMissingServerSide) {
    return <MissingServerSide trans={trans} onRetry={onRetry} />;
  }
  const title = problem.status === 0 ? trans.__('The server did not answer') : problem.title;
  return (
    <Notice title={title || trans.__('Something went wrong')} role="alert">
      {problem.detail && <p>{problem.detail}</p>}
      {problem.hint && <p className="jp-expkit-hint">{trans.__('Hint: %1', problem.hint)}</p>}
      {problem.correlationId && !problem.hint.includes(problem.correlationId) && (
        <p className="jp-expkit-faint">{trans.__('For the log: %1', problem.correlationId)}</p>
      )}
      <Retry trans={trans} onRetry={onRetry} />
    </Notice>
  );
}

function MissingServerSide({ trans, onRetry }: Omit<IProblem, 'problem'>): JSX.Element {
  return (
    <Notice title={trans.__('The server side of expkit is missing')} role="alert">
      <p>{trans.__('The extension is here, but this Jupyter server has no expkit in its environment, or has it disabled.')}</p>
      <p>{trans.__('Install it where the server runs, and restart the server:')}</p>
      <pre>pip install expkit{'\n'}jupyter server extension enable expkit</pre>
      <Retry trans={trans} onRetry={onRetry} />
    </Notice>
  );
}

function Retry({ trans, onRetry }: Omit<IProblem, 'problem'>): JSX.Element {
  return (
    <button className="jp-expkit-button" onClick={onRetry}>
      {trans.__('Retry')}
    </button>
  );
}
