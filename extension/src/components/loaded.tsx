import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Remote } from '../models/remote';
import { ProblemNotice } from './notices';

interface IProps<T> {
  from: Remote<T>;
  trans: TranslationBundle;
  children: (value: T) => React.ReactNode;
}

/** What is read whenever it is shown: the wait, the failure, or the thing; meanwhile as it was when last read. */
export function Loaded<T>({ from, trans, children }: IProps<T>): JSX.Element {
  React.useEffect(() => void from.load(), [from]);
  if (from.problem) {
    return <ProblemNotice problem={from.problem} trans={trans} onRetry={() => void from.load()} />;
  }
  if (from.value === null) {
    return (
      <p className="jp-expkit-faint" role="status">
        {trans.__('Loading…')}
      </p>
    );
  }
  return <>{children(from.value)}</>;
}
