import { Me, Review, Role } from '../api/types';

/** Each may what those before it may. */
export const ROLES: Role[] = ['viewer', 'experimenter', 'reviewer', 'operator', 'admin'];

/** The project of a role that holds in all projects. */
export const EVERYWHERE = '*';

/** Whether somebody's role reaches the needed one in a project. */
export function may(me: Me, needed: Role, project: string): boolean {
  return [me.roles[project], me.roles[EVERYWHERE]].some(role => role && ROLES.indexOf(role) >= ROLES.indexOf(needed));
}

/** Whether a review waits for somebody: asked for, open, and not judged by them yet. */
export function waitsFor(review: Review, me: Me): boolean {
  const isJudged = review.answers.some(answer => answer.reviewer === me.name && answer.verdict !== 'comment');
  return review.state === 'open' && review.reviewers.includes(me.name) && !isJudged && !isOwn(review, me);
}

/** Nobody judges what they have made, or asked others to judge. */
export function isOwn(review: Review, me: Me): boolean {
  return review.requested_by === me.name || review.author === me.name;
}
