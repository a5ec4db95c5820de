import '../style/index.css';

export { MODULE_NAME, MODULE_VERSION } from './version';
