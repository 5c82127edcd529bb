import { Me, Review, Role } from '../api/types';

/** Each may what those before it may. */
export const ROLES: Role[] = ['viewer', 'experimenter', 'reviewer', 'operator', 'admin'];

/** The project of a role that holds in all projects. */
export const EVERYWHERE = '*';

/** Whether somebody's role reaches the needed one in a project. */
export function may(me: Me, needed: Role, project: string): boolean {
  return [me.roles[project], me.roles[EVERYWHERE]].some(role => role && ROLES.indexOf(role) >= ROLES.indexOf(needed));
}

/** Nobody judges what they have made, or asked others to judge. */
export function isOwn(review: Review, me: Me): boolean {
  return review.requested_by === me.name || review.author === me.name;
}
