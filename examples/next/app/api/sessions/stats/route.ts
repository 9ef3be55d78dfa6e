export { proxy as GET } from '../proxy';
