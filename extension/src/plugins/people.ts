import { Note, Verdict } from '../api/types';
import { fromField, hoursFromNow, toField, zone } from '../models/times';
import { reasonField } from '../panels/dialogs';
import { askForm } from '../panels/form';
import { CommandIDs } from '../tokens';
import { Doing } from './doing';

/** What people say about an experiment: notes and reviews. */
export function addPeople(doing: Doing): void {
  addNote(doing);
  addEditNote(doing);
  addDeleteNote(doing);
  addReview(doing);
  addAnswerReview(doing);
  addCancelReview(doing);
}

function addNote(doing: Doing): void {
  const { experiments, trans } = doing;
  doing.add('note', {
    caption: trans.__('Keep an observation, a decision or a learning on the timeline'),
    args: { text: { type: 'string', description: trans.__('The note; asked for when it is left out') } },
    run: async (experiment, args) => {
      let text = typeof args['text'] === 'string' ? args['text'] : '';
      if (!text) {
        const asked = await askForm(
          {
            title: trans.__('Add a note to “%1”', experiment.name),
            fields: [{ name: 'text', label: trans.__('Note'), kind: 'area', isRequired: true }],
            accept: trans.__('Add note')
          },
          trans
        );
        text = asked?.text ?? '';
      }
      if (!text) {
        return null;
      }
      await experiments.client.addNote(experiment.key, text);
      experiments.touch(experiment.key);
      return trans.__('The note is kept');
    }
  });
}

function addEditNote(doing: Doing): void {
  const { experiments, trans } = doing;
  doing.addAs(CommandIDs.editNote, trans.__('Edit Note'), {
    caption: trans.__('Change a note; what it said before is kept'),
    args: { id: { type: 'integer', description: trans.__('The number of the note') } },
    run: async (experiment, args) => {
      const note = await found(doing, experiment.key, Number(args['id']));
      const asked = await askForm(
        {
          title: trans.__('Edit the note of %1', note.author),
          text: trans.__('What it said before is kept.'),
          fields: [{ name: 'text', label: trans.__('Note'), kind: 'area', value: note.text, isRequired: true }],
          accept: trans.__('Save')
        },
        trans
      );
      if (!asked) {
        return null;
      }
      await experiments.client.editNote(note.id, asked.text);
      experiments.touch(experiment.key);
      return trans.__('The note is changed');
    }
  });
}

function addDeleteNote(doing: Doing): void {
  const { experiments, trans } = doing;
  doing.addAs(CommandIDs.deleteNote, trans.__('Delete Note'), {
    caption: trans.__('Take a note away'),
    args: { id: { type: 'integer', description: trans.__('The number of the note') } },
    run: async (experiment, args) => {
      const note = await found(doing, experiment.key, Number(args['id']));
      const asked = await askForm(
        {
          title: trans.__('Delete this note?'),
          text: trans.__('“%1” (%2)', note.text.slice(0, 200), note.author),
          fields: [reasonField(trans)],
          accept: trans.__('Delete'),
          isFinal: true
        },
        trans
      );
      if (!asked) {
        return null;
      }
      await experiments.client.deleteNote(note.id, asked.reason);
      experiments.touch(experiment.key);
      return trans.__('The note is deleted');
    }
  });
}

async function found(doing: Doing, key: string, id: number): Promise<Note> {
  const note = (await doing.experiments.client.notes(key)).find(each => each.id === id);
  if (!note) {
    doing.experiments.touch(key);
    throw new Error(doing.trans.__('This note is gone: somebody has deleted it.'));
  }
  return note;
}

function addReview(doing: Doing): void {
  const { experiments, trans } = doing;
  doing.add('review', {
    caption: trans.__('Ask people to look at the design before the start'),
    run: async experiment => {
      const asked = await askForm(
        {
          title: trans.__('Request a review of “%1”', experiment.name),
          text: trans.__('They look at version %1 as it stands. Where the policy says so, the start waits for them.', experiment.version),
          fields: [
            {
              name: 'reviewers',
              label: trans.__('Reviewers'),
              isRequired: true,
              help: trans.__('Names, with commas between them')
            },
            {
              name: 'deadline',
              label: trans.__('Until'),
              kind: 'moment',
              value: hoursFromNow(72),
              min: toField(new Date()),
              help: trans.__('Time zone: %1', zone())
            }
          ],
          accept: trans.__('Request review')
        },
        trans
      );
      if (!asked) {
        return null;
      }
      const reviewers = asked.reviewers.split(',').map(name => name.trim()).filter(Boolean);
      const deadline = asked.deadline ? fromField(asked.deadline) : undefined;
      await experiments.client.requestReview(experiment.key, { reviewers, ...(deadline && { deadline }) });
      experiments.put(await experiments.client.get(experiment.key));
      return trans.__('The review is requested');
    }
  });
}

function addAnswerReview(doing: Doing): void {
  const { experiments, trans } = doing;
  const labels: Record<Verdict, string> = {
    approve: trans.__('Approve'),
    changes: trans.__('Ask for changes'),
    comment: trans.__('Comment')
  };
  doing.addAs(CommandIDs.answerReview, trans.__('Answer Review'), {
    caption: trans.__('Approve, ask for changes, or comment'),
    args: {
      id: { type: 'integer', description: trans.__('The number of the review') },
      verdict: { type: 'string', enum: ['approve', 'changes', 'comment'], description: trans.__('What to say') }
    },
    run: async (experiment, args) => {
      const verdict = args['verdict'] as Verdict;
      const asked = await askForm(
        {
          title: trans.__('%1: “%2”', labels[verdict], experiment.name),
          fields: [
            { name: 'comment', label: trans.__('Comment'), kind: 'area', isRequired: verdict !== 'approve' }
          ],
          accept: labels[verdict]
        },
        trans
      );
      if (!asked) {
        return null;
      }
      await experiments.client.answerReview(Number(args['id']), verdict, asked.comment);
      experiments.put(await experiments.client.get(experiment.key));
      return trans.__('Your answer is kept');
    }
  });
}

function addCancelReview(doing: Doing): void {
  const { experiments, trans } = doing;
  doing.addAs(CommandIDs.cancelReview, trans.__('Cancel Review'), {
    caption: trans.__('Take a request for a review back'),
    args: { id: { type: 'integer', description: trans.__('The number of the review') } },
    run: async (experiment, args) => {
      const asked = await askForm(
        {
          title: trans.__('Cancel the review of “%1”?', experiment.name),
          text: trans.__('What was said stays; nobody is asked any more, and the experiment is a draft again.'),
          fields: [reasonField(trans)],
          accept: trans.__('Cancel the request')
        },
        trans
      );
      if (!asked) {
        return null;
      }
      await experiments.client.cancelReview(Number(args['id']), asked.reason);
      experiments.put(await experiments.client.get(experiment.key));
      return trans.__('The review is cancelled');
    }
  });
}
