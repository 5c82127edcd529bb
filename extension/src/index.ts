import { commandsPlugin } from './plugins/commands';
import { experimentsPlugin } from './plugins/experiments';
import { launcherPlugin } from './plugins/launcher';
import { pagePlugin } from './plugins/page';
import { sidebarPlugin } from './plugins/sidebar';

export * from './tokens';

export default [experimentsPlugin, pagePlugin, sidebarPlugin, commandsPlugin, launcherPlugin];
