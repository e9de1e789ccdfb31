import { currentContext } from '../../../kernel/context/request-context';
import { hasPermission } from '../../../kernel/auth/principal';

/** True where the caller looks after all rooms of the organization, in them or not. */
export const looksAfterAll = (): boolean => hasPermission(currentContext().principal, 'chat:moderate');
