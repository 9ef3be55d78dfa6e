export { proxy as POST } from '../proxy';
