/** Writes entities by TypeORM's metadata: insert, or update of the changed columns; never `save()`. (Under construction.) */
export class Store {}
