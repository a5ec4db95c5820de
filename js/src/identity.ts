import { MODULE_NAME, MODULE_VERSION } from './version';

/** What every model of ours says of itself, and which view the widget manager makes of it. */
export function identity(name: string, view = name): Record<string, string> {
  return {
    _model_name: `${name}Model`,
    _model_module: MODULE_NAME,
    _model_module_version: `^${MODULE_VERSION}`,
    _view_name: view,
    _view_module: MODULE_NAME,
    _view_module_version: `^${MODULE_VERSION}`,
  };
}
