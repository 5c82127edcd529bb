import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Note, NoteEdit } from '../api/types';
import { when } from '../models/times';
import { Field } from './fields';

interface IProps {
  notes: ReadonlyArray<Note>;
  trans: TranslationBundle;
  /** Resolves with whether the note was kept. */
  onAdd: (text: string) => Promise<boolean>;
  onEdit: (id: number) => void;
  onDelete: (id: number) => void;
  history: (id: number) => Promise<NoteEdit[]>;
}

/** What people have said, the newest first, and a place to say more. */
export function Notes({ notes, trans, onAdd, onEdit, onDelete, history }: IProps): JSX.Element {
  return (
    <>
      <NewNote trans={trans} onAdd={onAdd} />
      {notes.length === 0 && <p className="jp-expkit-faint">{trans.__('Nobody has noted anything yet.')}</p>}
      <ul className="jp-expkit-cards" aria-label={trans.__('Notes')}>
        {[...notes].reverse().map(note => (
          <li key={note.id} className="jp-expkit-card">
            <p className="jp-expkit-prose">{note.text}</p>
            <div className="jp-expkit-card-head">
              <p className="jp-expkit-faint">
                {note.author} {'\u00b7'} <time dateTime={note.at}>{when(note.at)}</time>
                {note.edited_at && ` \u00b7 ${trans.__('changed %1', when(note.edited_at))}`}
              </p>
              <span className="jp-expkit-row">
                <button className="jp-expkit-button jp-expkit-mod-small" onClick={() => onEdit(note.id)}>
                  {trans.__('Edit')}
                </button>
                <button className="jp-expkit-button jp-expkit-mod-small" onClick={() => onDelete(note.id)}>
                  {trans.__('Delete')}
                </button>
              </span>
            </div>
            {note.edited_at && <History key={note.edited_at} read={() => history(note.id)} trans={trans} />}
          </li>
        ))}
      </ul>
    </>
  );
}

function NewNote({ trans, onAdd }: Pick<IProps, 'trans' | 'onAdd'>): JSX.Element {
  const [text, setText] = React.useState('');
  const add = async () => {
    if (await onAdd(text.trim())) {
      setText('');
    }
  };
  return (
    <form
      className="jp-expkit-new"
      onSubmit={event => {
        event.preventDefault();
        void add();
      }}
    >
      <Field name="note" kind="area" label={trans.__('New note')} value={text} onChange={setText} />
      <button className="jp-expkit-button jp-expkit-mod-start" disabled={!text.trim()}>
        {trans.__('Add note')}
      </button>
    </form>
  );
}

/** What a note said before, read when it is opened. */
function History({ read, trans }: { read: () => Promise<NoteEdit[]>; trans: TranslationBundle }): JSX.Element {
  const [edits, setEdits] = React.useState<NoteEdit[] | null>(null);
  const [failure, setFailure] = React.useState('');
  const onToggle = () => {
    if (!edits) {
      read().then(setEdits, reason => setFailure(String(reason.message ?? reason)));
    }
  };
  return (
    <details onToggle={onToggle}>
      <summary>{trans.__('What it said before')}</summary>
      {failure && <p className="jp-expkit-error">{failure}</p>}
      <ul className="jp-expkit-diff">
        {edits?.map(edit => (
          <li key={edit.at}>
            <del>{edit.text}</del>{' '}
            <span className="jp-expkit-faint">{trans.__('until %1, by %2', when(edit.at), edit.editor)}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
