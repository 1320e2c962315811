export { goalEntity, newGoal, newTask, taskEntity } from './entities.ts'
