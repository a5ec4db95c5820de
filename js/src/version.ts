import data from '../../package.json';

/** The npm module that Python asks for; see `_model_module` there. */
export const MODULE_NAME = 'lrfind-widget';

/** Version of this front end, of which package.json is the one source, as it is for Python. */
export const MODULE_VERSION: string = data.version;
